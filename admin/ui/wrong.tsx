// In place of a whole page: one that does not exist, or one that broke.
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api.ts';
import { Empty } from './empty.tsx';
import { LinkButton } from './link-button.tsx';
import { useTitle } from './page.tsx';
import { Problem } from './problem.tsx';

/** Inside the frame; outside of it <NotFoundPage>. */
export function NotFound() {
  const { t } = useTranslation();
  useTitle(t('notFound.title'));
  return (
    <Empty isPage icon="search" title={t('notFound.title')} text={t('notFound.text')}>
      <LinkButton to="/app">{t('notFound.home')}</LinkButton>
    </Empty>
  );
}

export function NotFoundPage() {
  return (
    <main>
      <NotFound />
    </main>
  );
}

export function Wrong({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Problem
      error={error}
      retry={() => {
        // What is not an answer of the server may be a page that an upgrade has replaced: only a fresh one helps.
        if (!(error instanceof ApiError)) return location.reload();
        reset();
        void router.invalidate();
      }}
    />
  );
}

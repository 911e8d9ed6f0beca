// Something went wrong: in words, with a way on, and with the request id that finds it in the server's log.
import { Alert, Button, Group, Text } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api.ts';
import { CopyButton } from './copy.tsx';
import { Empty } from './empty.tsx';
import { Icon } from './icon.tsx';

/** What our own words say better than the server's; for all other codes its sentence is the most exact. */
const ownWords = ['network', 'timeout', 'unreadable', 'unavailable', 'internal', 'rate_limited', 'draining', 'storage_full', 'unauthorized'] as const;

export function sentenceOf(error: unknown, t: TFunction): string {
  if (!(error instanceof ApiError)) return t('problem.ours');
  const known = ownWords.find((code) => code === error.code);
  return known ? t(`problem.${known}`) : error.message;
}

function RequestId({ error }: { error: unknown }) {
  const { t } = useTranslation();
  if (!(error instanceof ApiError) || !error.requestId || error.status < 500) return null;
  return (
    <Group gap={4} justify="center" wrap="nowrap">
      <Text size="xs" c="dimmed">
        {t('problem.request')} <span className="mono">{error.requestId}</span>
      </Text>
      <CopyButton text={error.requestId} label={t('problem.copyRequest')} />
    </Group>
  );
}

/** In place of what could not be loaded. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <div role="alert">
      <Empty icon="warning" isWrong title={isGone ? t('problem.goneTitle') : t('problem.title')} text={isGone ? t('problem.goneText') : sentenceOf(error, t)}>
        {retry && !isGone && (
          <Button variant="default" leftSection={<Icon name="rotate" />} onClick={retry} mb="sm">
            {t('problem.retry')}
          </Button>
        )}
        <RequestId error={error} />
      </Empty>
    </div>
  );
}

/** Above a form's buttons, for what belongs to no single field. */
export function FormProblem({ error }: { error: unknown }) {
  const { t } = useTranslation();
  if (!error) return null;
  return (
    <Alert color="red" icon={<Icon name="warning" />} role="alert" py="xs">
      {sentenceOf(error, t)}
      <RequestId error={error} />
    </Alert>
  );
}

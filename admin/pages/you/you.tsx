// Your settings: what belongs to the person, whatever workspace they are in.
import { Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Page } from '../../ui/page.tsx';
import { TabLinks } from '../../ui/tabs.tsx';

export function You() {
  const { t } = useTranslation();
  return (
    <Page title={t('account.settings')} lead={t('you.lead')}>
      <TabLinks
        label={t('account.settings')}
        tabs={[
          { to: '/app/you', label: t('nav.profile') },
          { to: '/app/you/security', label: t('nav.security') },
          { to: '/app/you/keys', label: t('nav.keys') },
          { to: '/app/you/appearance', label: t('nav.appearance') },
        ]}
      />
      <Outlet />
    </Page>
  );
}

// Settings: what belongs to the workspace, and for its owners of the installation how it looks.
import { Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { usePlace } from '../../place.ts';
import { Page } from '../../ui/page.tsx';
import { TabLinks } from '../../ui/tabs.tsx';

export function Settings() {
  const { t } = useTranslation();
  const { me, workspace, may } = usePlace();
  const tabs = [
    { to: '/app/settings/workspace', label: t('nav.workspace') } as const,
    { to: '/app/settings/bots', label: t('nav.bots') } as const,
    { to: '/app/settings/members', label: t('nav.members') } as const,
    { to: '/app/settings/fields', label: t('nav.fields') } as const,
    { to: '/app/settings/hours', label: t('nav.hours') } as const,
    { to: '/app/settings/words', label: t('nav.words') } as const,
    me.is_installation_owner && ({ to: '/app/settings/brand', label: t('nav.brand') } as const),
    may('audit.read') && ({ to: '/app/settings/audit', label: t('nav.audit') } as const),
  ].filter((tab) => tab !== false);
  return (
    <Page title={t('nav.settings')} lead={t('settings.lead', { name: workspace.name })}>
      <TabLinks label={t('nav.settings')} tabs={tabs} />
      <Outlet />
    </Page>
  );
}

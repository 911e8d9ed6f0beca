// The websites the bot's widget stands on.
import { Badge, Button, Group, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Site } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { usePlace } from '../../place.ts';
import { refresh, useList } from '../../queries.ts';
import { CopyButton } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogForm } from '../../ui/dialog-form.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { LinkButton } from '../../ui/link-button.tsx';
import { ListTable } from '../../ui/list.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { When } from '../../ui/when.tsx';

export function Sites() {
  const { t } = useTranslation();
  const { bot, botPlace, may } = usePlace();
  const search = useSearch({ from: '/frame/app/sites' });
  const navigate = useNavigate({ from: '/app/sites' });
  const create = may('sites.write') && bot && (
    <Button leftSection={<Icon name="plus" />} onClick={() => void navigate({ search: { new: '1' } })}>
      {t('sites.create')}
    </Button>
  );
  return (
    <Page title={t('nav.sites')} lead={t('sites.lead', { bot: bot?.name ?? '' })} actions={create}>
      <Card isFlush>
        {bot ? (
          <SiteList create={create} />
        ) : (
          <Empty icon="bot" title={t('switch.noBotTitle')} text={t('sites.noBotText')}>
            <LinkButton to="/app/settings/bots">{t('switch.allBots')}</LinkButton>
          </Empty>
        )}
      </Card>
      {search.new && bot && <NewSite at={botPlace} onClose={() => void navigate({ search: {} })} />}
    </Page>
  );
}

function SiteList({ create }: { create: React.ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { botPlace } = usePlace();
  const list = useList<Site>('/sites', botPlace);
  return (
    <ListTable
      list={list}
      label={t('nav.sites')}
      columns={[t('sites.name'), t('sites.allowed'), t('sites.key'), t('sites.updated')]}
      empty={
        <Empty icon="globe" title={t('sites.emptyTitle')} text={t('sites.emptyText')}>
          {create}
        </Empty>
      }
      row={(site) => (
        <tr key={site.id}>
          <td>
            <div>
              <Link to="/app/sites/$siteId" params={{ siteId: String(site.id) }} className="row-link">
                {site.name}
              </Link>
              <div className="dim small">{site.greeting}</div>
            </div>
          </td>
          <td data-label={t('sites.allowed')}>
            {site.origins.length === 0 ? <Badge color="yellow">{t('sites.anywhere')}</Badge> : format.list(site.origins.slice(0, 2).map(bare))}
            {site.origins.length > 2 && ` ${t('sites.andMore', { count: site.origins.length - 2 })}`}
          </td>
          <td data-label={t('sites.key')}>
            <Group gap={4} wrap="nowrap" className="above">
              <span className="mono dim ellipsis">{site.site_key.slice(0, 13)}…</span>
              <CopyButton text={site.site_key} label={t('sites.copyKey')} />
            </Group>
          </td>
          <td data-label={t('sites.updated')} className="dim">
            <When at={site.updated_at} />
          </td>
        </tr>
      )}
    />
  );
}

function bare(origin: string): string {
  return origin.replace(/^https?:\/\//, '');
}

function NewSite({ at, onClose }: { at: { workspace: number; bot: string | null }; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { name: '' },
    validate: { name: (name) => (name.trim() === '' ? t('form.required') : null) },
    send: ({ name }) => api.post<Site>('/sites', { name: name.trim() }, { at }),
    onDone: async (site) => {
      void refresh(client, '/sites');
      await navigate({ to: '/app/sites/$siteId', params: { siteId: String(site.id) } });
    },
  });
  return (
    <Dialog opened onClose={onClose} title={t('sites.create')} size="sm">
      <DialogForm submit={submit} isPending={isPending} problem={problem} action={t('sites.do')} onClose={onClose}>
        <TextInput
          label={t('sites.name')}
          description={t('sites.nameHint')}
          placeholder={t('sites.nameExample')}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps('name')}
        />
      </DialogForm>
    </Dialog>
  );
}

// The workspace's bots: made, renamed, deleted with everything of theirs.
import { Badge, Button, Group, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Bot } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { goTo, usePlace, useSwitch } from '../../place.ts';
import { refresh, useList } from '../../queries.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogForm } from '../../ui/dialog-form.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { ListTable } from '../../ui/list.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { RowMenu } from '../../ui/row-menu.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { toastDone } from '../../ui/toast.tsx';
import css from './settings.module.css';

export function Bots() {
  const { t } = useTranslation();
  const { workspace, place, may } = usePlace();
  const search = useSearch({ from: '/frame/app/settings/bots' });
  const navigate = useNavigate({ from: '/app/settings/bots' });
  const client = useQueryClient();
  const [renaming, setRenaming] = useState<Bot | null>(null);
  const [deleting, setDeleting] = useState<Bot | null>(null);
  const list = useList<Bot>('/bots', place, { q: search.q });
  useTitle(t('nav.bots'));
  const create = may('bots.create') && (
    <Button leftSection={<Icon name="plus" />} onClick={() => void navigate({ search: (now) => ({ ...now, new: '1' }) })}>
      {t('bots.create')}
    </Button>
  );
  return (
    <Card title={t('nav.bots')} lead={t('bots.lead')} isFlush actions={create}>
      <div className={css.filters}>
        <SearchField label={t('bots.find')} value={search.q ?? ''} onChange={(q) => void navigate({ search: q ? { q } : {}, replace: true })} />
      </div>
      <ListTable
        list={list}
        label={t('nav.bots')}
        columns={[t('bots.name'), t('bots.id'), t('bots.created'), '']}
        row={(bot) => <BotRow key={bot.id} bot={bot} onRename={() => setRenaming(bot)} onDelete={() => setDeleting(bot)} />}
        empty={
          search.q ? (
            <Empty icon="search" title={t('list.noneTitle')} text={t('list.noneText', { text: search.q })} />
          ) : (
            <Empty icon="bot" title={t('bots.emptyTitle')} text={t('bots.emptyText')}>
              {create}
            </Empty>
          )
        }
      />
      {search.new && <BotName title={t('bots.create')} action={t('bots.do')} onClose={() => void navigate({ search: ({ new: _, ...rest }) => rest })} />}
      {renaming && <BotName bot={renaming} title={t('bots.rename')} action={t('form.save')} onClose={() => setRenaming(null)} />}
      <Confirm
        isOpen={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t('bots.deleteTitle', { name: deleting?.name })}
        text={t('bots.deleteText')}
        phrase={deleting?.name ?? ''}
        action={t('bots.delete')}
        onConfirm={async () => {
          await api.delete(`/bots/${deleting?.id}`, { at: place });
          goTo(workspace.id);
          toastDone(t('bots.deleted', { name: deleting?.name }));
          await refresh(client, '/bots', '/me', '/keys', '/sites');
        }}
      />
    </Card>
  );
}

function BotRow({ bot, onRename, onDelete }: { bot: Bot; onRename: () => void; onDelete: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { workspace, bot: current, may } = usePlace();
  const go = useSwitch();
  const isCurrent = bot.id === current?.id;
  return (
    <tr>
      <td>
        <Group gap={8} wrap="nowrap">
          <button type="button" className="row-link" onClick={() => go(workspace.id, bot.flow_ns)}>
            {bot.name}
          </button>
          {isCurrent && <Badge>{t('bots.current')}</Badge>}
        </Group>
      </td>
      <td data-label={t('bots.id')}>
        <Group gap={4} wrap="nowrap" className="above" w="fit-content">
          <span className="mono dim">{bot.flow_ns}</span>
          <CopyButton text={bot.flow_ns} label={t('bots.copyId')} />
        </Group>
      </td>
      <td data-label={t('bots.created')} className="dim">
        {format.date(bot.created_at)}
      </td>
      <td className="actions">
        <RowMenu
          name={bot.name}
          edit={may('bots.rename') && { label: t('bots.rename'), run: onRename }}
          remove={may('bots.create') && { label: t('bots.delete'), run: onDelete }}
        />
      </td>
    </tr>
  );
}

function BotName({ bot, title, action, onClose }: { bot?: Bot; title: string; action: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, place } = usePlace();
  const client = useQueryClient();
  const save = (name: string) => (bot ? api.patch<Bot>(`/bots/${bot.id}`, { name }, { at: place }) : api.post<Bot>('/bots', { name }, { at: place }));
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { name: bot?.name ?? '' },
    validate: { name: (name) => (name.trim() === '' ? t('form.required') : null) },
    send: ({ name }) => save(name.trim()),
    onDone: async (saved) => {
      await refresh(client, '/bots', '/me');
      if (bot) {
        toastDone(t('toast.saved'), async () => {
          await save(bot.name);
          await refresh(client, '/bots', '/me');
        });
      } else {
        goTo(workspace.id, saved.flow_ns);
        toastDone(t('bots.made', { name: saved.name }));
      }
      onClose();
    },
  });
  return (
    <Dialog opened onClose={onClose} title={title} size="sm">
      <DialogForm submit={submit} isPending={isPending} problem={problem} action={action} onClose={onClose}>
        <TextInput
          label={t('bots.name')}
          {...(bot ? {} : { description: t('bots.nameHint') })}
          data-autofocus
          autoComplete="off"
          {...form.getInputProps('name')}
        />
      </DialogForm>
    </Dialog>
  );
}

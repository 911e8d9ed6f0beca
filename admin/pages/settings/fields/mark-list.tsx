// Tags of the bot or labels of the workspace, with how many people have each.
import { TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Mark } from '../../../api/replies.ts';
import { api } from '../../../api.ts';
import { useFormat } from '../../../format.ts';
import { useApiForm } from '../../../forms/use-api-form.ts';
import { usePlace } from '../../../place.ts';
import { refresh, useList } from '../../../queries.ts';
import { Confirm } from '../../../ui/confirm.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { DialogForm } from '../../../ui/dialog-form.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { ListTable } from '../../../ui/list.tsx';
import { RowMenu } from '../../../ui/row-menu.tsx';
import { toastDone } from '../../../ui/toast.tsx';

/** The server counts no further. */
const maxCounted = 1_000;

type MarkListProps = { kind: 'tags' | 'labels'; q: string; isNew: boolean; onNewDone: () => void; create: ReactNode };

export function MarkList({ kind, q, isNew, onNewDone, create }: MarkListProps) {
  const { t } = useTranslation();
  const { place, botPlace, may } = usePlace();
  const at = kind === 'tags' ? botPlace : place;
  const client = useQueryClient();
  const [renaming, setRenaming] = useState<Mark | null>(null);
  const [deleting, setDeleting] = useState<Mark | null>(null);
  const list = useList<Mark>(`/${kind}`, at, { q, sort: 'name' });
  return (
    <>
      <ListTable
        list={list}
        label={t(`fields.${kind}.name`)}
        columns={[t('fields.name'), t('fields.people'), t('fields.created'), ...(may('marks.write') ? [''] : [])]}
        row={(mark) => <MarkRow key={mark.id} kind={kind} mark={mark} onRename={() => setRenaming(mark)} onDelete={() => setDeleting(mark)} />}
        empty={
          q ? (
            <Empty icon="search" title={t('list.noneTitle')} text={t('list.noneText', { text: q })} />
          ) : (
            <Empty icon="tag" title={t(`fields.${kind}.emptyTitle`)} text={t(`fields.${kind}.emptyText`)}>
              {create}
            </Empty>
          )
        }
      />
      {isNew && <MarkName kind={kind} onClose={onNewDone} />}
      {renaming && <MarkName kind={kind} mark={renaming} onClose={() => setRenaming(null)} />}
      <Confirm
        isOpen={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t('fields.deleteTitle', { name: deleting?.name })}
        text={t(`fields.${kind}.deleteText`, { count: deleting?.subscribers ?? 0 })}
        action={t('fields.delete')}
        onConfirm={async () => {
          await api.delete(`/${kind}/${deleting?.id}`, { at });
          toastDone(t('fields.deleted', { name: deleting?.name }));
          await refresh(client, `/${kind}`, '/subscribers');
        }}
      />
    </>
  );
}

type MarkRowProps = { kind: 'tags' | 'labels'; mark: Mark; onRename: () => void; onDelete: () => void };

function MarkRow({ kind, mark, onRename, onDelete }: MarkRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { bot, may } = usePlace();
  const count = mark.subscribers < maxCounted ? format.count(mark.subscribers) : t('fields.many', { count: maxCounted });
  return (
    <tr>
      <td>
        <strong>{mark.name}</strong>
      </td>
      <td data-label={t('fields.people')}>
        {mark.subscribers > 0 && bot ? (
          <Link
            to="/app/subscribers"
            search={{ [kind === 'tags' ? 'tag' : 'label']: String(mark.id) }}
            className="text-link"
            aria-label={t('fields.show', { name: mark.name, count: mark.subscribers })}
          >
            {count}
          </Link>
        ) : (
          <span className="dim">{count}</span>
        )}
      </td>
      <td data-label={t('fields.created')} className="dim">
        {format.date(mark.created_at)}
      </td>
      {may('marks.write') && (
        <td className="actions">
          <RowMenu name={mark.name} edit={{ label: t('fields.rename'), run: onRename }} remove={{ label: t('fields.delete'), run: onDelete }} />
        </td>
      )}
    </tr>
  );
}

function MarkName({ kind, mark, onClose }: { kind: 'tags' | 'labels'; mark?: Mark; onClose: () => void }) {
  const { t } = useTranslation();
  const { place, botPlace } = usePlace();
  const at = kind === 'tags' ? botPlace : place;
  const client = useQueryClient();
  const save = (name: string) => (mark ? api.patch<Mark>(`/${kind}/${mark.id}`, { name }, { at }) : api.post<Mark>(`/${kind}`, { name }, { at }));
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { name: mark?.name ?? '' },
    validate: { name: (name) => (name.trim() === '' ? t('form.required') : null) },
    send: ({ name }) => save(name.trim()),
    onDone: async ({ name }) => {
      await refresh(client, `/${kind}`, '/subscribers');
      toastDone(
        mark ? t('toast.saved') : t('fields.made', { name }),
        mark &&
          (async () => {
            await save(mark.name);
            await refresh(client, `/${kind}`, '/subscribers');
          }),
      );
      onClose();
    },
  });
  return (
    <Dialog opened onClose={onClose} title={mark ? t('fields.rename') : t(`fields.${kind}.create`)} size="sm">
      <DialogForm submit={submit} isPending={isPending} problem={problem} action={mark ? t('form.save') : t('fields.do')} onClose={onClose}>
        <TextInput
          label={t('fields.name')}
          description={mark && kind === 'tags' ? t('fields.renameHint') : undefined}
          maxLength={255}
          data-autofocus
          autoComplete="off"
          {...form.getInputProps('name')}
        />
      </DialogForm>
    </Dialog>
  );
}

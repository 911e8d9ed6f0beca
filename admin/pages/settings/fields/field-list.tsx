// Fields of people or of the bot itself.
import { Badge, Group } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Field } from '../../../api/replies.ts';
import { api } from '../../../api.ts';
import { useFormat } from '../../../format.ts';
import { shownValue } from '../../../forms/field-value.tsx';
import { usePlace } from '../../../place.ts';
import { refresh, useList } from '../../../queries.ts';
import { Confirm } from '../../../ui/confirm.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { ListTable } from '../../../ui/list.tsx';
import { RowMenu } from '../../../ui/row-menu.tsx';
import { toastDone } from '../../../ui/toast.tsx';
import { FieldForm } from './field-form.tsx';

type FieldListProps = { owner: Field['owner']; q: string; isNew: boolean; onNewDone: () => void; create: ReactNode };

export function FieldList({ owner, q, isNew, onNewDone, create }: FieldListProps) {
  const { t } = useTranslation();
  const { botPlace, may } = usePlace();
  const client = useQueryClient();
  const [editing, setEditing] = useState<Field | null>(null);
  const [deleting, setDeleting] = useState<Field | null>(null);
  const list = useList<Field>('/fields', botPlace, { q, owner, sort: 'name' });
  return (
    <>
      <ListTable
        list={list}
        label={t(`fields.${owner}.name`)}
        columns={[t('fields.name'), t('fields.type'), t(`fields.${owner}.value`), ...(may('marks.write') ? [''] : [])]}
        row={(field) => <FieldRow key={field.id} field={field} onEdit={() => setEditing(field)} onDelete={() => setDeleting(field)} />}
        empty={
          q ? (
            <Empty icon="search" title={t('list.noneTitle')} text={t('list.noneText', { text: q })} />
          ) : (
            <Empty icon="list" title={t(`fields.${owner}.emptyTitle`)} text={t(`fields.${owner}.emptyText`)}>
              {create}
            </Empty>
          )
        }
      />
      {isNew && <FieldForm owner={owner} onClose={onNewDone} />}
      {editing && <FieldForm owner={owner} field={editing} onClose={() => setEditing(null)} />}
      <Confirm
        isOpen={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t('fields.deleteTitle', { name: deleting?.name })}
        text={t(`fields.${owner}.deleteText`)}
        action={t('fields.delete')}
        onConfirm={async () => {
          await api.delete(`/fields/${deleting?.id}`, { at: botPlace });
          toastDone(t('fields.deleted', { name: deleting?.name }));
          await refresh(client, '/fields', '/subscribers');
        }}
      />
    </>
  );
}

function FieldRow({ field, onEdit, onDelete }: { field: Field; onEdit: () => void; onDelete: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { may } = usePlace();
  const value = shownValue(field.type, field.value, t, format);
  return (
    <tr>
      <td>
        <div>
          <Group gap={8} wrap="nowrap">
            {may('marks.write') ? (
              <button type="button" className="row-link" onClick={onEdit}>
                {field.name}
              </button>
            ) : (
              <strong>{field.name}</strong>
            )}
            {field.display !== 'default' && <Badge color="gray">{t(`fields.display.${field.display}`)}</Badge>}
          </Group>
          {field.description && <div className="dim">{field.description}</div>}
        </div>
      </td>
      <td data-label={t('fields.type')} className="dim">
        {t(`field.type.${field.type}`)}
      </td>
      <td data-label={t(`fields.${field.owner}.value`)}>
        <span className="clipped" title={value}>
          {value === '' ? <span className="dim">–</span> : value}
        </span>
      </td>
      {may('marks.write') && (
        <td className="actions">
          <RowMenu name={field.name} edit={{ label: t('fields.edit'), run: onEdit }} remove={{ label: t('fields.delete'), run: onDelete }} />
        </td>
      )}
    </tr>
  );
}

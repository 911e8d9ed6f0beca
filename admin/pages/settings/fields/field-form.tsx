// One field: made, or changed in all but its type.
import { Select, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Field } from '../../../api/replies.ts';
import { api } from '../../../api.ts';
import { FieldValueInput } from '../../../forms/field-value.tsx';
import { useApiForm } from '../../../forms/use-api-form.ts';
import { usePlace } from '../../../place.ts';
import { refresh } from '../../../queries.ts';
import { Dialog } from '../../../ui/dialog.tsx';
import { DialogForm } from '../../../ui/dialog-form.tsx';
import { toastDone } from '../../../ui/toast.tsx';

const types = ['text', 'longtext', 'number', 'boolean', 'date', 'datetime', 'array'] as const satisfies Field['type'][];
const displays = ['default', 'pin', 'hidden'] as const satisfies Field['display'][];

type Values = Pick<Field, 'name' | 'type' | 'description' | 'display' | 'value'>;
const blank: Values = { name: '', type: 'text', description: '', display: 'default', value: '' };

export function FieldForm({ owner, field, onClose }: { owner: Field['owner']; field?: Field; onClose: () => void }) {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const client = useQueryClient();
  const { name, type, description, display, value } = field ?? blank;
  const { form, submit, isPending, problem } = useApiForm<Values, Field>({
    initialValues: { name, type, description, display, value },
    validate: { name: (given) => (given.trim() === '' ? t('form.required') : null) },
    send: ({ type: chosen, ...rest }) =>
      field ? api.patch<Field>(`/fields/${field.id}`, rest, { at: botPlace }) : api.post<Field>('/fields', { ...rest, owner, type: chosen }, { at: botPlace }),
    onDone: async (saved) => {
      await refresh(client, '/fields', '/subscribers');
      toastDone(field ? t('toast.saved') : t('fields.made', { name: saved.name }));
      onClose();
    },
  });
  return (
    <Dialog opened onClose={onClose} title={field ? t('fields.edit') : t(`fields.${owner}.create`)}>
      <DialogForm submit={submit} isPending={isPending} problem={problem} action={field ? t('form.save') : t('fields.do')} onClose={onClose}>
        <TextInput
          label={t('fields.name')}
          description={field ? t('fields.renameHint') : t(`fields.${owner}.nameHint`)}
          maxLength={255}
          data-autofocus
          autoComplete="off"
          {...form.getInputProps('name')}
        />
        <Select
          label={t('fields.type')}
          description={field ? t('fields.typeStays') : t('fields.typeHint')}
          data={types.map((one) => ({ value: one, label: t(`field.type.${one}`) }))}
          allowDeselect={false}
          disabled={field !== undefined}
          {...form.getInputProps('type')}
          onChange={(chosen) => form.setValues({ type: (chosen ?? 'text') as Field['type'], value: '' })}
        />
        <FieldValueInput
          type={form.values.type}
          label={t(`fields.${owner}.value`)}
          description={t(`fields.${owner}.valueHint`)}
          {...form.getInputProps('value')}
        />
        <TextInput label={t('fields.description')} maxLength={1000} autoComplete="off" {...form.getInputProps('description')} />
        {owner === 'user' && (
          <Select
            label={t('fields.shown')}
            data={displays.map((one) => ({ value: one, label: t(`fields.display.${one}`) }))}
            allowDeselect={false}
            {...form.getInputProps('display')}
          />
        )}
      </DialogForm>
    </Dialog>
  );
}

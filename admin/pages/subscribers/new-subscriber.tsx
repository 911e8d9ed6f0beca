// Somebody whom no channel has brought: a name, and an address to know them by.
import { TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Subscriber } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { isEmail } from '../../forms/rules.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { usePlace } from '../../place.ts';
import { refresh } from '../../queries.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogForm } from '../../ui/dialog-form.tsx';

const told = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).flatMap(([name, text]) => (text.trim() ? [[name, text.trim()]] : [])));

export function NewSubscriber({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { name: '', email: '', phone: '' },
    validate: {
      email: (email, { phone }) => {
        if (email.trim() === '') return phone.trim() === '' ? t('subscribers.needAddress') : null;
        return isEmail(email) ? null : t('form.email');
      },
    },
    send: (values) => api.post<Subscriber>('/subscribers', told(values), { at: botPlace }),
    onDone: async (made) => {
      await refresh(client, '/subscribers');
      await navigate({ to: '/app/subscribers/$subscriberId', params: { subscriberId: String(made.id) } });
    },
  });
  return (
    <Dialog opened onClose={onClose} title={t('subscribers.create')} size="sm">
      <DialogForm submit={submit} isPending={isPending} problem={problem} action={t('subscribers.do')} onClose={onClose}>
        <TextInput label={t('subscribers.name')} maxLength={255} autoComplete="off" data-autofocus {...form.getInputProps('name')} />
        <TextInput label={t('person.email')} type="email" autoComplete="off" {...form.getInputProps('email')} />
        <TextInput label={t('subscribers.phone')} type="tel" description={t('subscribers.phoneHint')} autoComplete="off" {...form.getInputProps('phone')} />
      </DialogForm>
    </Dialog>
  );
}

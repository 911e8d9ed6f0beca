// A new workspace with its first bot; whoever makes it owns it.
import '../theme/overlays.ts';
import { TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Workspace } from '../api/replies.ts';
import { api } from '../api.ts';
import { useApiForm } from '../forms/use-api-form.ts';
import { goTo } from '../place.ts';
import { refresh } from '../queries.ts';
import { Dialog } from '../ui/dialog.tsx';
import { DialogForm } from '../ui/dialog-form.tsx';
import { toastDone } from '../ui/toast.tsx';

export function NewWorkspace({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { name: '', bot: '' },
    validate: { name: (name) => (name.trim() === '' ? t('form.required') : null) },
    send: ({ name, bot }) => api.post<Workspace>('/workspaces', { name: name.trim(), ...(bot.trim() === '' ? {} : { bot: bot.trim() }) }),
    onDone: async (made) => {
      await refresh(client, '/me');
      goTo(made.id);
      toastDone(t('newWorkspace.done', { name: made.name }));
      onClose();
    },
  });
  return (
    <Dialog opened onClose={onClose} title={t('switch.newWorkspace')} size="sm">
      <DialogForm submit={submit} isPending={isPending} problem={problem} action={t('newWorkspace.do')} onClose={onClose}>
        <TextInput label={t('newWorkspace.name')} description={t('newWorkspace.nameHint')} required data-autofocus {...form.getInputProps('name')} />
        <TextInput label={t('newWorkspace.bot')} description={t('newWorkspace.botHint')} {...form.getInputProps('bot')} />
      </DialogForm>
    </Dialog>
  );
}

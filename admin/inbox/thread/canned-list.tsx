// The canned replies of the team: add, change, delete.
import { ActionIcon, Button, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CannedReply } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { usePlace } from '../../place.ts';
import { refresh } from '../../queries.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { FormProblem } from '../../ui/problem.tsx';
import { toastDone, toastFailed } from '../../ui/toast.tsx';
import { cannedQuery } from '../reading.ts';
import css from './thread.module.css';

const example = '{{ subscriber.first_name | default("there") }}';

export function CannedList({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { place } = usePlace();
  const [edited, setEdited] = useState<CannedReply | 'new' | null>(null);
  const replies = useQuery(cannedQuery(place)).data ?? [];
  return (
    <Dialog opened onClose={onClose} title={t('inbox.canned.title')} size="lg">
      {edited ? (
        <ReplyForm key={edited === 'new' ? 'new' : edited.id} reply={edited === 'new' ? null : edited} onDone={() => setEdited(null)} />
      ) : (
        <>
          {replies.length === 0 ? (
            <Empty icon="bolt" title={t('inbox.canned.emptyTitle')} text={t('inbox.canned.emptyText', { example })} />
          ) : (
            <ul className={css.managed}>
              {replies.map((reply) => (
                <ManagedReply key={reply.id} reply={reply} onEdit={() => setEdited(reply)} />
              ))}
            </ul>
          )}
          <div className="dialog-foot">
            <Button leftSection={<Icon name="plus" />} onClick={() => setEdited('new')}>
              {t('inbox.canned.add')}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function ManagedReply({ reply, onEdit }: { reply: CannedReply; onEdit: () => void }) {
  const { t } = useTranslation();
  const { place } = usePlace();
  const client = useQueryClient();
  const remove = async () => {
    await api.delete(`/canned-replies/${reply.id}`, { at: place });
    await refresh(client, '/canned-replies');
    toastDone(t('inbox.canned.deleted', { shortcut: reply.shortcut }), async () => {
      await api.post('/canned-replies', { shortcut: reply.shortcut, text: reply.text }, { at: place });
      await refresh(client, '/canned-replies');
    });
  };
  return (
    <li>
      <button type="button" className={css.managedWords} onClick={onEdit}>
        <span className={css.shortcut}>/{reply.shortcut}</span>
        <span className={css.managedText}>{reply.text}</span>
      </button>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('inbox.canned.delete', { shortcut: reply.shortcut })}
        onClick={() => void remove().then(null, toastFailed)}
      >
        <Icon name="trash" size={15} />
      </ActionIcon>
    </li>
  );
}

function ReplyForm({ reply, onDone }: { reply: CannedReply | null; onDone: () => void }) {
  const { t } = useTranslation();
  const { place } = usePlace();
  const client = useQueryClient();
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { shortcut: reply?.shortcut ?? '', text: reply?.text ?? '' },
    validate: {
      shortcut: (shortcut) => (/^[\p{L}\p{N}_-]{1,40}$/u.test(shortcut.trim()) ? null : t('inbox.canned.shortcutWrong')),
      text: (text) => (text.trim() === '' ? t('form.required') : null),
    },
    send: ({ shortcut, text }) =>
      reply
        ? api.patch<CannedReply>(`/canned-replies/${reply.id}`, { shortcut: shortcut.trim(), text }, { at: place })
        : api.post<CannedReply>('/canned-replies', { shortcut: shortcut.trim(), text }, { at: place }),
    onDone: async () => {
      await refresh(client, '/canned-replies');
      onDone();
    },
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <TextInput
          label={t('inbox.canned.shortcut')}
          description={t('inbox.canned.shortcutHint')}
          leftSection="/"
          autoComplete="off"
          data-autofocus
          {...form.getInputProps('shortcut')}
        />
        <Textarea label={t('inbox.canned.text')} description={t('inbox.canned.textHint', { example })} rows={5} {...form.getInputProps('text')} />
        <FormProblem error={problem} />
        <Group className="dialog-foot">
          <Button variant="default" onClick={onDone}>
            {t('confirm.cancel')}
          </Button>
          <Button type="submit" loading={isPending}>
            {t('inbox.canned.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

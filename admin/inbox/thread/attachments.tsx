// Files that go along with an answer: uploaded as they are chosen, pasted or dropped, and named by the message.
import { CloseButton, Loader } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api.ts';
import { usePlace } from '../../place.ts';
import { Icon } from '../../ui/icon.tsx';
import { toastFailed, toastSaid } from '../../ui/toast.tsx';
import panes from '../inbox.module.css';
import css from './thread.module.css';

/** `id` null while it is on its way. */
type Chosen = { key: string; name: string; id: string | null };

const maxFiles = 5;

export type Attachments = ReturnType<typeof useAttachments>;

export function useAttachments() {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const [chosen, setChosen] = useState<Chosen[]>([]);
  const change = (key: string, to: Chosen | null) => setChosen((before) => before.flatMap((one) => (one.key === key ? (to ? [to] : []) : [one])));
  const add = (files: Iterable<File>): void => {
    const all = [...files];
    const room = maxFiles - chosen.length;
    if (all.length > room) toastSaid(t('inbox.tooManyFiles', { max: maxFiles }));
    for (const file of all.slice(0, room)) {
      const one: Chosen = { key: crypto.randomUUID(), name: file.name, id: null };
      setChosen((before) => [...before, one]);
      api.upload<{ id: string }>('/files', file, { at: botPlace }).then(
        ({ id }) => change(one.key, { ...one, id }),
        (error: unknown) => {
          change(one.key, null);
          toastFailed(error);
        },
      );
    }
  };
  return {
    chosen,
    ids: chosen.flatMap(({ id }) => (id === null ? [] : [id])),
    isUploading: chosen.some(({ id }) => id === null),
    isFull: chosen.length >= maxFiles,
    add,
    remove: (key: string) => change(key, null),
    /** Those that have gone with an answer. */
    drop: (ids: readonly string[]) => setChosen((before) => before.filter(({ id }) => id === null || !ids.includes(id))),
  };
}

export function AttachmentList({ attachments }: { attachments: Attachments }) {
  const { t } = useTranslation();
  if (attachments.chosen.length === 0) return null;
  return (
    <ul className={css.attachments} aria-label={t('inbox.attachments')}>
      {attachments.chosen.map(({ key, name, id }) => (
        <li key={key}>
          {id === null ? <Loader size={14} aria-label={t('inbox.uploading')} /> : <Icon name="file" size={15} />}
          <span className="ellipsis">{name}</span>
          <CloseButton size="xs" aria-label={t('inbox.removeFile', { name })} onClick={() => attachments.remove(key)} />
        </li>
      ))}
    </ul>
  );
}

export function AttachButton({ attachments }: { attachments: Attachments }) {
  const { t } = useTranslation();
  return (
    <label className={panes.tool} data-disabled={attachments.isFull || undefined}>
      <Icon name="clip" size={15} />
      <span className={css.wideWord}>{t('inbox.attach')}</span>
      <input
        type="file"
        multiple
        className="unseen"
        disabled={attachments.isFull}
        onChange={(event) => {
          attachments.add(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}

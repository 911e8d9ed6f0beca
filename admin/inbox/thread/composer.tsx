// Where an answer or a note is written. What is typed stays, per conversation, until it is sent.
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, ConversationMessage } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { Icon } from '../../ui/icon.tsx';
import { Keys } from '../../ui/keys.tsx';
import { toastFailed } from '../../ui/toast.tsx';
import panes from '../inbox.module.css';
import { useMoved } from '../moved.ts';
import { AttachButton, AttachmentList, useAttachments } from './attachments.tsx';
import { CannedPicker, ManagedCanned, useCanned } from './canned.tsx';
import { addMessage } from './pages.ts';
import css from './thread.module.css';

type Kind = 'reply' | 'note';

const drafts = new Map<string, string>();
const maxDrafts = 200;
const maxLength = 10_000;

function keepDraft(key: string, text: string): void {
  drafts.delete(key);
  if (text !== '') drafts.set(key, text);
  if (drafts.size > maxDrafts) drafts.delete(drafts.keys().next().value ?? '');
}

type Sent = { kind: Kind; text: string; attachments: string[] };

/** `onSent` is told what has gone, for meanwhile another answer may have been begun. */
function useSend(one: Conversation, isTaking: boolean, onSent: (sent: Sent) => void) {
  const { botPlace } = usePlace();
  const client = useQueryClient();
  const moved = useMoved();
  // Whether it was said when no answer came nobody knows: the same again is said once.
  const last = useRef({ said: '', once: '' });
  return useMutation({
    mutationFn: async ({ kind, text, attachments }: Sent) => {
      const path = `/conversations/${one.id}`;
      const said = JSON.stringify([kind, text, attachments]);
      if (last.current.said !== said) last.current = { said, once: crypto.randomUUID() };
      if (isTaking && kind === 'reply') await api.post(`${path}/take-over`, {}, { at: botPlace });
      return api.post<ConversationMessage>(`${path}/messages`, { text, attachments, note: kind === 'note' }, { at: botPlace, once: last.current.once });
    },
    onSuccess: async (message, sent) => {
      last.current = { said: '', once: '' };
      onSent(sent);
      await addMessage(client, one.id, message);
    },
    // Also when it failed: it may have been taken over.
    onSettled: () => moved(one.id),
    onError: toastFailed,
  });
}

/** What was written on since it was sent stays. */
function restOf(text: string, sent: string): string {
  return text.trimStart().startsWith(sent) ? text.trimStart().slice(sent.length).trimStart() : text;
}

type ComposerProps = { one: Conversation; alsoTyping: string[]; onTyping: (isOn: boolean) => void; onSent: () => void };

export function Composer({ one, alsoTyping, onTyping, onSent }: ComposerProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [kind, setKind] = useState<Kind>('reply');
  const [texts, setTexts] = useState(() => ({ reply: drafts.get(`${one.id} reply`) ?? '', note: drafts.get(`${one.id} note`) ?? '' }));
  const text = texts[kind];
  const field = useRef<HTMLTextAreaElement>(null);
  const attachments = useAttachments();
  const put = (to: Kind, change: (before: string) => string) => {
    keepDraft(`${one.id} ${to}`, change(drafts.get(`${one.id} ${to}`) ?? ''));
    setTexts((before) => ({ ...before, [to]: change(before[to]) }));
  };
  const write = (next: string) => {
    put(kind, () => next);
    if (kind === 'reply') onTyping(next.trim() !== '');
  };
  const isTaking = kind === 'reply' && one.handler === 'bot' && one.status === 'open';
  const { isPending, mutate: send } = useSend(one, isTaking, (sent) => {
    put(sent.kind, (before) => restOf(before, sent.text));
    attachments.drop(sent.attachments);
    onTyping(false);
    onSent();
    field.current?.focus();
  });
  const canned = useCanned(one, text, field, write);
  const change = (to: Kind) => {
    setKind(to);
    onTyping(false);
    field.current?.focus();
  };
  const canSend = !attachments.isUploading && (text.trim() !== '' || attachments.ids.length > 0);
  const submit = () => {
    if (canSend && !isPending) send({ kind, text: text.trim(), attachments: attachments.ids });
  };
  const press = (event: KeyboardEvent) => {
    if (canned.press(event)) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      submit();
    }
    // Back to the keys of the list.
    if (event.key === 'Escape') field.current?.blur();
  };
  const lastOnTyping = useRef(onTyping);
  lastOnTyping.current = onTyping;
  useEffect(() => () => lastOnTyping.current(false), []);
  return (
    <>
      <form
        className={css.composer}
        data-kind={kind}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {isTaking && (
          <p className={css.botNotice}>
            <Icon name="bot" size={15} />
            {t('inbox.botTalks')}
          </p>
        )}
        {alsoTyping.length > 0 && (
          <p className={css.alsoTyping} role="status">
            <Icon name="users" size={15} />
            {t('inbox.alsoTyping', { names: format.list(alsoTyping), count: alsoTyping.length })}
          </p>
        )}
        <CannedPicker canned={canned} />
        <div className={css.composerBox}>
          <fieldset className={css.kinds} aria-label={t('inbox.kind')}>
            <KindButton kind="reply" current={kind} onChoose={change} hotkey="r" />
            <KindButton kind="note" current={kind} onChoose={change} hotkey="n" />
          </fieldset>
          <textarea
            ref={field}
            className={css.field}
            aria-label={kind === 'note' ? t('inbox.writeNote') : t('inbox.writeReply')}
            placeholder={kind === 'note' ? t('inbox.notePlaceholder') : t('inbox.replyPlaceholder')}
            value={text}
            rows={2}
            maxLength={maxLength}
            onChange={(event) => write(event.currentTarget.value)}
            onKeyDown={press}
            onBlur={() => onTyping(false)}
            onPaste={(event) => attachments.add(event.clipboardData.files)}
            onDragOver={(event) => event.dataTransfer.types.includes('Files') && event.preventDefault()}
            onDrop={(event) => {
              if (event.dataTransfer.files.length === 0) return;
              event.preventDefault();
              attachments.add(event.dataTransfer.files);
            }}
            {...canned.field}
          />
          <AttachmentList attachments={attachments} />
          <div className={css.composerFoot}>
            <AttachButton attachments={attachments} />
            <button type="button" className={panes.tool} data-act="canned" aria-keyshortcuts="/" onClick={canned.open}>
              <Icon name="bolt" size={15} />
              {t('inbox.canned.title')}
            </button>
            <span className={css.sendHint} aria-hidden="true">
              <Keys keys={['mod', '↵']} />
            </span>
            <Button type="submit" size="compact-md" color={kind === 'note' ? 'yellow.8' : undefined} loading={isPending} disabled={!canSend}>
              {kind === 'note' ? t('inbox.addNote') : isTaking ? t('inbox.takeAndSend') : t('inbox.send')}
            </Button>
          </div>
        </div>
      </form>
      <ManagedCanned canned={canned} />
    </>
  );
}

function KindButton({ kind, current, onChoose, hotkey }: { kind: Kind; current: Kind; onChoose: (kind: Kind) => void; hotkey: string }) {
  const { t } = useTranslation();
  return (
    <button type="button" className={css.kind} data-act={kind} aria-pressed={kind === current} aria-keyshortcuts={hotkey} onClick={() => onChoose(kind)}>
      {kind === 'note' && <Icon name="lock" size={12} />}
      {t(`inbox.${kind}`)}
    </button>
  );
}

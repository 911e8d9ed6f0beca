// Where an answer or a note is written. What is typed stays, per conversation, until it is sent.
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, ConversationMessage } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { usePlace } from '../../place.ts';
import { Icon } from '../../ui/icon.tsx';
import { Keys } from '../../ui/keys.tsx';
import { toastFailed } from '../../ui/toast.tsx';
import css from '../inbox.module.css';
import { addMessages, useMoved } from '../reading.ts';
import { useAct } from '../use-act.ts';
import { AttachButton, AttachmentList, useAttachments } from './attachments.tsx';
import { CannedPicker, ManagedCanned, useCanned } from './canned.tsx';

type Kind = 'reply' | 'note';

const drafts = new Map<string, string>();
const maxDrafts = 200;
const maxLength = 10_000;

function keepDraft(key: string, text: string): void {
  drafts.delete(key);
  if (text !== '') drafts.set(key, text);
  if (drafts.size > maxDrafts) drafts.delete(drafts.keys().next().value ?? '');
}

function useSend(one: Conversation, kind: Kind, onSent: () => void) {
  const { botPlace } = usePlace();
  const client = useQueryClient();
  const moved = useMoved(botPlace);
  const takeOver = useAct(one.id);
  const isTaking = kind === 'reply' && one.handler === 'bot' && one.status === 'open';
  const send = useMutation({
    mutationFn: async ({ text, attachments }: { text: string; attachments: string[] }) => {
      if (isTaking) await takeOver.mutateAsync({ path: 'take-over' });
      return api.post<ConversationMessage>(`/conversations/${one.id}/messages`, { text, attachments, note: kind === 'note' }, { at: botPlace });
    },
    onSuccess: (message) => {
      addMessages(client, one.id, botPlace, [message]);
      onSent();
      moved(one.id);
    },
    onError: toastFailed,
  });
  return { isTaking, isPending: send.isPending, send: send.mutate };
}

export function Composer({ one, onTyping }: { one: Conversation; onTyping: (isOn: boolean) => void }) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<Kind>('reply');
  const draft = `${one.id} ${kind}`;
  const [text, setText] = useState(() => drafts.get(draft) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const attachments = useAttachments();
  const write = (next: string) => {
    setText(next);
    keepDraft(draft, next);
    if (kind === 'reply') onTyping(next.trim() !== '');
  };
  const { isTaking, isPending, send } = useSend(one, kind, () => {
    write('');
    attachments.clear();
    field.current?.focus();
  });
  const canned = useCanned(one, text, field, write);
  const change = (to: Kind) => {
    setKind(to);
    setText(drafts.get(`${one.id} ${to}`) ?? '');
    field.current?.focus();
  };
  const canSend = !attachments.isUploading && (text.trim() !== '' || attachments.ids.length > 0);
  const submit = () => {
    if (canSend && !isPending) send({ text: text.trim(), attachments: attachments.ids });
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
            <button type="button" className={css.tool} data-act="canned" aria-keyshortcuts="/" onClick={canned.open}>
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

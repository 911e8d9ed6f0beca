// What was said and done, oldest at the top and the newest in sight: days, messages one after the other, and what people
// did in between. The box grows from its foot. How it scrolls: scroll.ts.
import { Button, Skeleton } from '@mantine/core';
import { type ReactNode, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, ConversationAct, ConversationMessage } from '../../api/replies.ts';
import { useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { Problem } from '../../ui/problem.tsx';
import panes from '../inbox.module.css';
import { Bubble } from './bubble.tsx';
import { useThread } from './pages.ts';
import { useNear, useSteady } from './scroll.ts';
import css from './thread.module.css';

type Item = { seq: number; at: number; message?: ConversationMessage; act?: ConversationAct };

const groupMs = 5 * 60_000;

type TimelineProps = { id: number; one: Conversation | undefined; around: number | null; typing: string[]; onNewest: () => void };

export function Timeline({ id, one, around, typing, onNewest }: TimelineProps) {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const thread = useThread(id, botPlace, around);
  const { messages } = thread;
  const box = useRef<HTMLDivElement>(null);
  const top = useRef<HTMLDivElement>(null);
  const foot = useRef<HTMLDivElement>(null);
  const newFrom = useNewFrom(thread.newer ? null : messages, one);
  const found = messages?.find((message) => message.id === around);
  // What follows it comes first, so that it stands in the middle.
  const goTo = found && (!thread.newer || messages?.at(-1) !== found) ? found.seq : null;
  const { isFar, onScroll } = useSteady(box, { isEnd: messages !== null && !thread.newer, goTo });
  useNear(box, top, thread.older, messages?.[0]?.id);
  useNear(box, foot, thread.newer, messages?.at(-1)?.id);
  if (thread.error) return <Problem error={thread.error} retry={thread.retry} />;
  const toNewest = () => {
    if (thread.newer) onNewest();
    else box.current?.scrollTo({ top: 0 });
  };
  return (
    <div className={css.logBox}>
      <div
        ref={box}
        className={css.log}
        role="log"
        aria-live="off"
        aria-label={t('inbox.messages')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever reads with the keyboard scrolls it
        tabIndex={0}
        aria-busy={messages === null || thread.isLoadingOlder}
        onScroll={onScroll}
      >
        <div className={css.logInside}>
          {messages === null && <Ghosts />}
          <div ref={top} />
          {thread.older && (
            <Button variant="subtle" color="gray" size="compact-sm" className={panes.more} onClick={thread.older} loading={thread.isLoadingOlder}>
              {t('inbox.older')}
            </Button>
          )}
          {messages && <Items items={itemsOf(messages, thread.acts)} newFrom={newFrom} />}
          <div ref={foot} />
          <Typing names={typing} />
        </div>
      </div>
      {isFar && messages !== null && (
        <Button variant="default" size="compact-sm" radius="xl" className={css.newest} leftSection={<Icon name="down" size={14} />} onClick={toNewest}>
          {t('inbox.newest')}
        </Button>
      )}
      <Spoken messages={messages} />
    </div>
  );
}

function Typing({ names }: { names: string[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (names.length === 0) return null;
  const each = [...new Set(names)];
  return (
    <p className={css.typing} role="status">
      <span className={css.dots} aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {t('inbox.typing', { names: format.list(each), count: each.length })}
    </p>
  );
}

/** For who hears the page: what the person says while one is here, and not what is scrolled to. */
function Spoken({ messages }: { messages: ConversationMessage[] | null }) {
  const last = messages?.at(-1);
  const begun = useRef<number | null>(null);
  if (begun.current === null && last) begun.current = last.id;
  const isNew = last !== undefined && last.direction === 'in' && last.id > (begun.current ?? last.id);
  return (
    <p className="unseen" role="status">
      {isNew && `${last.author.name}: ${last.text}`}
    </p>
  );
}

/** The first message that was unread when the conversation was opened; it stays marked while one looks at it. */
function useNewFrom(messages: ConversationMessage[] | null, one: Conversation | undefined): number | null {
  const marked = useRef<number | null | undefined>(undefined);
  if (marked.current === undefined && messages && one) {
    const fromPerson = messages.filter((message) => message.direction === 'in');
    const isWhole = one.unread >= fromPerson.length;
    marked.current = one.unread === 0 || isWhole ? null : (fromPerson.at(-one.unread)?.seq ?? null);
  }
  return marked.current ?? null;
}

function itemsOf(messages: ConversationMessage[], acts: ConversationAct[]): Item[] {
  const said = messages.map((message): Item => ({ seq: message.seq, at: message.created_at, message }));
  const done = acts.map((act): Item => ({ seq: act.seq, at: act.at, act }));
  return [...said, ...done].sort((a, b) => a.seq - b.seq);
}

function Items({ items, newFrom }: { items: Item[]; newFrom: number | null }) {
  const { t } = useTranslation();
  const shown: ReactNode[] = [];
  let before: Item | null = null;
  for (const item of items) {
    const isNewDay = before === null || new Date(before.at).toDateString() !== new Date(item.at).toDateString();
    if (isNewDay) shown.push(<Day key={`day ${item.seq}`} at={item.at} />);
    if (item.seq === newFrom)
      shown.push(
        <p key="new" className={css.newFrom}>
          <span>{t('inbox.new')}</span>
        </p>,
      );
    if (item.act) shown.push(<ActLine key={item.seq} act={item.act} />);
    else if (item.message) shown.push(<Bubble key={item.seq} message={item.message} isFollowing={!isNewDay && isFollowing(before, item)} />);
    before = item;
  }
  return <>{shown}</>;
}

/** By the same author, in the same breath. */
function isFollowing(before: Item | null, { message, at }: Item): boolean {
  const last = before?.message;
  if (!last || !message || at - before.at > groupMs) return false;
  return last.direction === message.direction && last.author.kind === message.author.kind && last.author.id === message.author.id;
}

function Day({ at }: { at: number }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const days = Math.round((new Date().setHours(12, 0, 0, 0) - new Date(at).setHours(12, 0, 0, 0)) / 86_400_000);
  const weekday = new Intl.DateTimeFormat(i18n.language, { weekday: 'long' }).format(at);
  return (
    <h3 className={css.day}>
      <span>{days === 0 ? t('inbox.today') : days === 1 ? t('inbox.yesterday') : days < 7 ? weekday : format.date(at)}</span>
    </h3>
  );
}

const actIcons: Record<ConversationAct['data']['act'], IconName> = {
  taken: 'hand',
  handed_back: 'flow',
  opened: 'rotate',
  closed: 'check',
  assigned: 'user',
  muted: 'mute',
  unmuted: 'bell',
};

function ActLine({ act: { at, data } }: { act: ConversationAct }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { me } = usePlace();
  const by = data.by === null ? t('inbox.theFlow') : data.by.kind === 'agent' && data.by.id === me.id ? t('inbox.you') : data.by.name || t('inbox.person');
  const isOwn = data.act === 'assigned' && data.by?.kind === 'agent' && data.assignee === data.by.id;
  const what =
    data.act === 'muted' && data.by === null
      ? 'mutedSelf'
      : data.act !== 'assigned'
        ? data.act
        : isOwn
          ? 'assignedSelf'
          : data.assignee === null
            ? 'unassigned'
            : 'assigned';
  return (
    <p className={css.act}>
      <Icon name={actIcons[data.act]} size={13} />
      <span>{t(`inbox.act.${what}`, { by })}</span>
      <time dateTime={new Date(at).toISOString()}>{format.time(at)}</time>
    </p>
  );
}

function Ghosts() {
  return (
    <div aria-hidden="true" className={css.ghosts}>
      <Skeleton height={44} width="52%" radius="lg" />
      <Skeleton height={64} width="60%" radius="lg" ml="auto" />
      <Skeleton height={36} width="38%" radius="lg" />
    </div>
  );
}

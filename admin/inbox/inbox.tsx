// The inbox: who talks with the bot, what was said, and where the flow stands. List, thread and context side by side, on a
// phone one at a time; what is open stands in the address.
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, View } from '../api/replies.ts';
import { useShortcutSwitch } from '../frame/shortcuts.ts';
import { usePlace } from '../place.ts';
import { useList } from '../queries.ts';
import { Empty } from '../ui/empty.tsx';
import { LinkButton } from '../ui/link-button.tsx';
import { useAlerts } from './alerts.ts';
import { Context } from './context.tsx';
import css from './inbox.module.css';
import { ConversationList, views } from './list.tsx';
import { type Live, useLive } from './live.ts';
import { countsQuery, useMoved } from './reading.ts';
import { Thread } from './thread.tsx';

export function Inbox() {
  const { t } = useTranslation();
  const { bot } = usePlace();
  if (bot) return <Panes />;
  return (
    <Empty isPage icon="bot" title={t('switch.noBotTitle')} text={t('inbox.noBotText')}>
      <LinkButton to="/app/settings/bots">{t('switch.allBots')}</LinkButton>
    </Empty>
  );
}

function Panes() {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const search = useSearch({ from: '/frame/app/inbox' });
  const navigate = useNavigate({ from: '/app/inbox' });
  const view: View = views.find((one) => one === search.view) ?? 'all';
  const open = /^\d{1,15}$/.test(search.c ?? '') ? Number(search.c) : null;
  const live = useLive(botPlace, useMoved(botPlace));
  const counts = useQuery(countsQuery(botPlace)).data;
  useAlerts(counts?.waiting ?? null, t('nav.inbox'));
  const list = useList<Conversation>('/conversations', botPlace, { view, q: search.q });
  const go = (c: number | null) => void navigate({ search: (old) => ({ ...old, c: c === null ? undefined : String(c), info: undefined }) as typeof old });
  useKeys({ rows: list.rows, open, go });
  useViewing(live, open);
  return (
    <div className={css.panes} data-pane={open === null ? 'list' : search.info ? 'context' : 'thread'} data-info={search.info ? '' : undefined}>
      <h1 className="unseen">{t('nav.inbox')}</h1>
      <ConversationList list={list} view={view} q={search.q ?? ''} open={open} counts={counts} isLost={live.isLost} />
      {open === null ? <Nothing /> : <Thread key={open} id={open} live={live} onClose={() => go(null)} />}
      {open !== null && <Context key={`context ${open}`} id={open} />}
    </div>
  );
}

/** Beside the list, while nothing is open. */
function Nothing() {
  const { t } = useTranslation();
  const keys = ['J', 'K', 'R', 'N', 'A', 'E', '/'] as const;
  return (
    <section className={css.nothing} aria-label={t('inbox.nothing.title')}>
      <Empty icon="chat" title={t('inbox.nothing.title')} text={t('inbox.nothing.text')}>
        <dl className={css.keyList}>
          {keys.map((key) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{t(`inbox.key.${key === '/' ? 'slash' : key}`)}</dd>
            </div>
          ))}
        </dl>
      </Empty>
    </section>
  );
}

/** Others see who has a conversation open, as long as the page is in sight. */
function useViewing({ show, isLost }: Live, open: number | null): void {
  const latest = useRef(show);
  latest.current = show;
  useEffect(() => {
    if (open === null || isLost) return;
    const say = () => latest.current('viewing', open, !document.hidden);
    say();
    const timer = setInterval(say, 5_000);
    document.addEventListener('visibilitychange', say);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', say);
      latest.current('viewing', open, false);
    };
  }, [open, isLost]);
}

type Keys = { rows: Conversation[] | null; open: number | null; go: (c: number | null) => void };

const sequenceMs = 1200;
/** What a key does in the open conversation: the button that says so. */
const acts: Record<string, string> = { r: 'reply', n: 'note', a: 'assign', e: 'close', '/': 'canned', i: 'info' };

function useKeys(keys: Keys): void {
  const { isOn } = useShortcutSwitch();
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!isOn) return;
    let goneAt = Number.NEGATIVE_INFINITY;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
      // `g a` goes somewhere; `a` alone assigns.
      const isSecond = event.timeStamp - goneAt < sequenceMs;
      goneAt = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (isSecond || event.key === 'g') return;
      const { rows, open, go } = latest.current;
      if (event.key === 'j' || event.key === 'k') return step(rows ?? [], open, event.key === 'j' ? 1 : -1, go);
      const button = open === null ? null : document.querySelector<HTMLButtonElement>(`[data-act="${acts[event.key]}"]`);
      if (!button) return;
      event.preventDefault();
      event.stopPropagation();
      button.click();
    };
    document.addEventListener('keydown', listen, { capture: true });
    return () => document.removeEventListener('keydown', listen, { capture: true });
  }, [isOn]);
}

function isBusy(target: EventTarget | null): boolean {
  const isTyping = target instanceof HTMLElement && target.closest('input,textarea,select,[contenteditable=true],[role=listbox]') !== null;
  return isTyping || document.querySelector('[role=dialog],[role=menu]') !== null;
}

function step(rows: Conversation[], open: number | null, by: 1 | -1, go: Keys['go']): void {
  const now = rows.findIndex((one) => one.id === open);
  const next = rows[now === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, now + by))];
  if (!next || next.id === open) return;
  go(next.id);
  document.querySelector(`[data-conversation="${next.id}"]`)?.scrollIntoView({ block: 'nearest' });
}

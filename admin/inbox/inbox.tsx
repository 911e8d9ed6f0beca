// The inbox: who talks with the bot, what was said, and where the flow stands. List, thread and context side by side, on a
// phone one at a time; what is open stands in the address.
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, View } from '../api/replies.ts';
import { usePlace } from '../place.ts';
import { useList } from '../queries.ts';
import { Empty } from '../ui/empty.tsx';
import { Keys } from '../ui/keys.tsx';
import { LinkButton } from '../ui/link-button.tsx';
import { useAlerts } from './alerts.ts';
import { Context } from './context.tsx';
import css from './inbox.module.css';
import { inboxKeys } from './key-names.ts';
import { useKeys } from './keys.ts';
import { ConversationList, views } from './list.tsx';
import { type Live, type Seen, useLive } from './live.ts';
import { Moved, useMover } from './moved.ts';
import { countsQuery } from './reading.ts';
import { Thread } from './thread.tsx';

export function Inbox() {
  const { t } = useTranslation();
  const { bot } = usePlace();
  // Another bot's inbox begins anew.
  if (bot) return <Panes key={bot.flow_ns} />;
  return (
    <Empty isPage icon="bot" title={t('switch.noBotTitle')} text={t('inbox.noBotText')}>
      <LinkButton to="/app/settings/bots">{t('switch.allBots')}</LinkButton>
    </Empty>
  );
}

const rowsPerPage = 100;

function Panes() {
  const { t } = useTranslation();
  const { botPlace, me } = usePlace();
  const search = useSearch({ from: '/frame/app/inbox' });
  const navigate = useNavigate({ from: '/app/inbox' });
  const view: View = views.find((one) => one === search.view) ?? 'all';
  const open = numberOf(search.c);
  const moved = useMover(botPlace);
  const live = useLive(botPlace, moved);
  const counts = useQuery(countsQuery(botPlace)).data;
  const go = (c: number | null) =>
    // The panes scroll by themselves (list/window.ts, thread/scroll.ts): the router is not to put them back.
    void navigate({ resetScroll: false, search: (old) => ({ ...old, c: c === null ? undefined : String(c), m: undefined, info: undefined }) as typeof old });
  useAlerts(counts, { open, go });
  const list = useList<Conversation>('/conversations', botPlace, { view, q: search.q, limit: rowsPerPage });
  useKeys({ rows: list.rows, more: list.more, open, go });
  useViewing(live, open);
  return (
    <Moved value={moved}>
      <div className={css.panes} data-pane={open === null ? 'list' : search.info ? 'context' : 'thread'} data-info={search.info ? '' : undefined}>
        <h1 className="unseen">{t('nav.inbox')}</h1>
        <ConversationList list={list} view={view} q={search.q ?? ''} open={open} counts={counts} viewers={viewersOf(live.seen, me.id)} live={live} />
        {open === null ? <Nothing /> : <Thread key={open} id={open} around={numberOf(search.m)} live={live} onClose={() => go(null)} />}
        {open !== null && <Context key={`context ${open}`} id={open} present={live.present.get(open) ?? null} />}
      </div>
    </Moved>
  );
}

/** Colleagues, by what they look at. */
function viewersOf(seen: readonly Seen[], myId: number): Map<number, string[]> {
  const viewers = new Map<number, string[]>();
  for (const { conversation, doing, who } of seen)
    if (doing === 'viewing' && who.kind === 'agent' && who.id !== myId) viewers.set(conversation, [...(viewers.get(conversation) ?? []), who.name]);
  return viewers;
}

function numberOf(text: string | undefined): number | null {
  return /^\d{1,15}$/.test(text ?? '') ? Number(text) : null;
}

/** Beside the list, while nothing is open. */
function Nothing() {
  const { t } = useTranslation();
  return (
    <section className={css.nothing} aria-label={t('inbox.nothing.title')}>
      <Empty icon="chat" title={t('inbox.nothing.title')} text={t('inbox.nothing.text')}>
        <dl className={css.keyList}>
          {[...inboxKeys, { keys: ['?'], label: 'inbox.key.help' } as const].map(({ keys, label }) => (
            <div key={label}>
              <dt>
                <Keys keys={keys} />
              </dt>
              <dd>{t(label)}</dd>
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

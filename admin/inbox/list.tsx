// The list of conversations: views, search, and a row for each with who, when, the last words and who has it.
import { ActionIcon, Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, ConversationCounts, Member, View } from '../api/replies.ts';
import { usePlace } from '../place.ts';
import type { useList } from '../queries.ts';
import { Empty } from '../ui/empty.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { LinkButton } from '../ui/link-button.tsx';
import { Problem } from '../ui/problem.tsx';
import { SearchField } from '../ui/search-field.tsx';
import panes from './inbox.module.css';
import css from './list/list.module.css';
import { Row } from './list/row.tsx';
import { useWindow } from './list/window.ts';
import type { Live } from './live.ts';
import { membersQuery } from './reading.ts';

const AlertMenu = lazy(() => import('./list/alert-menu.tsx').then(({ AlertMenu }) => ({ default: AlertMenu })));

export const views = ['all', 'mine', 'unassigned', 'bot', 'closed'] as const satisfies View[];
const icons: Record<View, IconName> = { all: 'chat', mine: 'user', unassigned: 'users', bot: 'bot', closed: 'check' };
const many = 1_000;

type ListProps = {
  list: ReturnType<typeof useList<Conversation>>;
  view: View;
  q: string;
  open: number | null;
  counts: ConversationCounts | undefined;
  /** Of the team, by conversation. */
  viewers: ReadonlyMap<number, string[]>;
  live: Live;
};

export function ConversationList({ list, view, q, open, counts, viewers, live }: ListProps) {
  const { t } = useTranslation();
  const { place } = usePlace();
  const navigate = useNavigate({ from: '/app/inbox' });
  const members = useQuery(membersQuery(place)).data ?? [];
  return (
    <section className={panes.list} aria-label={t('inbox.list')}>
      <header className={css.listHead}>
        <div className={css.listTitle}>
          <h2>{t('nav.inbox')}</h2>
          <Suspense fallback={<ActionIcon variant="subtle" color="gray" disabled aria-label={t('inbox.alerts.title')} />}>
            <AlertMenu />
          </Suspense>
        </div>
        <div className={css.listSearch}>
          <SearchField
            label={t('inbox.search')}
            maxWidth="none"
            value={q}
            onChange={(text) => void navigate({ search: (old) => ({ ...old, q: text || undefined }) as typeof old })}
          />
        </div>
      </header>
      <nav className={css.views} aria-label={t('inbox.views')}>
        {views.map((one) => (
          <Link
            key={one}
            to="/app/inbox"
            search={(old: object) => ({ ...old, view: one === 'all' ? undefined : one, c: undefined, m: undefined, info: undefined }) as never}
            className={css.view}
            activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
            data-current={view === one || undefined}
            aria-current={view === one ? 'page' : undefined}
          >
            <Icon name={icons[one]} size={14} />
            {t(`inbox.view.${one}`)}
            {counts && counts[one] > 0 && <span className={css.count}>{counts[one] >= many ? `${many - 1}+` : counts[one]}</span>}
          </Link>
        ))}
      </nav>
      {live.isLost && (
        <p className={css.lost} role="status">
          {t('inbox.lost')}
        </p>
      )}
      <Rows list={list} view={view} q={q} open={open} viewers={viewers} live={live} members={members} />
    </section>
  );
}

type RowsProps = Pick<ListProps, 'list' | 'view' | 'q' | 'open' | 'viewers' | 'live'> & { members: Member[] };

function Rows({ list, view, q, open, viewers, live, members }: RowsProps) {
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (!list.rows) return <Ghosts />;
  if (list.rows.length === 0) return <NoRows view={view} isSearch={q !== ''} />;
  // Another list begins at its top.
  return <Scrolled key={`${view} ${q}`} list={list} rows={list.rows} open={open} viewers={viewers} live={live} members={members} />;
}

function Scrolled({ list, rows, open, viewers, live, members }: Pick<RowsProps, 'list' | 'open' | 'viewers' | 'live' | 'members'> & { rows: Conversation[] }) {
  const { t } = useTranslation();
  const now = useNow();
  const box = useRef<HTMLDivElement>(null);
  const keys = useMemo(() => rows.map(({ id }) => id), [rows]);
  const { rowPx, shown, ...events } = useWindow(box, keys, { open, onNear: list.isLoadingMore || list.hasFailed ? null : list.more });
  return (
    <div ref={box} className={list.isStale ? `${css.rows} stale` : css.rows} data-rows {...events}>
      <ul style={{ height: rows.length * rowPx }}>
        {shown.map((at) => {
          const one = rows[at];
          return (
            one && (
              <li key={one.id} style={{ top: at * rowPx, height: rowPx }} aria-posinset={at + 1} aria-setsize={list.more ? -1 : rows.length}>
                <Row
                  one={one}
                  isOpen={one.id === open}
                  assignee={members.find((member) => member.id === one.assignee) ?? null}
                  viewers={viewers.get(one.id) ?? []}
                  isPresent={live.present.has(one.id)}
                  now={now}
                />
              </li>
            )
          );
        })}
      </ul>
      {list.more && (
        <Button variant="subtle" color="gray" size="compact-sm" onClick={list.more} loading={list.isLoadingMore} className={panes.more}>
          {t('list.more')}
        </Button>
      )}
    </div>
  );
}

const minuteMs = 60_000;

/** The minute it is: how long somebody waits grows while one looks. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), minuteMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function NoRows({ view, isSearch }: { view: View; isSearch: boolean }) {
  const { t } = useTranslation();
  if (isSearch) return <Empty icon="search" title={t('inbox.empty.searchTitle')} text={t('inbox.empty.searchText')} />;
  return (
    <Empty icon={icons[view]} title={t(`inbox.empty.${view}Title`)} text={t(`inbox.empty.${view}Text`)}>
      {view === 'all' && <LinkButton to="/app/sites">{t('inbox.empty.install')}</LinkButton>}
    </Empty>
  );
}

function Ghosts() {
  return (
    <div className={css.rows} aria-hidden="true">
      {['62%', '48%', '70%', '55%', '66%'].map((width) => (
        <div key={width} className={css.row}>
          <Skeleton height={36} width={36} circle />
          <span className={css.rowWords}>
            <Skeleton height={11} width="45%" mb={8} />
            <Skeleton height={10} width={width} />
          </span>
        </div>
      ))}
    </div>
  );
}

// The list of conversations: views, search, and a row for each with who, when, the last words and who has it.
import { ActionIcon, Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, ConversationCounts, Member, View } from '../api/replies.ts';
import { useFormat } from '../format.ts';
import { usePlace } from '../place.ts';
import { Empty } from '../ui/empty.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Face } from '../ui/identity.tsx';
import { LinkButton } from '../ui/link-button.tsx';
import { Problem } from '../ui/problem.tsx';
import { SearchField } from '../ui/search-field.tsx';
import css from './inbox.module.css';
import { membersQuery } from './reading.ts';

const AlertMenu = lazy(() => import('./list/alert-menu.tsx').then(({ AlertMenu }) => ({ default: AlertMenu })));

export const views = ['all', 'mine', 'unassigned', 'bot', 'closed'] as const satisfies View[];
const icons: Record<View, IconName> = { all: 'chat', mine: 'user', unassigned: 'users', bot: 'bot', closed: 'check' };
const many = 1_000;

type ListProps = {
  list: { rows: Conversation[] | null; error: unknown; retry: () => void; more: (() => void) | null; isLoadingMore: boolean; isStale: boolean };
  view: View;
  q: string;
  open: number | null;
  counts: ConversationCounts | undefined;
  isLost: boolean;
};

export function ConversationList({ list, view, q, open, counts, isLost }: ListProps) {
  const { t } = useTranslation();
  const { place } = usePlace();
  const navigate = useNavigate({ from: '/app/inbox' });
  const members = useQuery(membersQuery(place)).data ?? [];
  return (
    <section className={css.list} aria-label={t('inbox.list')}>
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
            search={(old: object) => ({ ...old, view: one === 'all' ? undefined : one, c: undefined, info: undefined }) as never}
            className={css.view}
            activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
            data-current={view === one || undefined}
            aria-current={view === one ? 'page' : undefined}
          >
            <Icon name={icons[one]} size={14} />
            {t(`inbox.view.${one}`)}
            {counts && counts[one] > 0 && one !== 'closed' && <span className={css.count}>{counts[one] >= many ? `${many - 1}+` : counts[one]}</span>}
          </Link>
        ))}
      </nav>
      {isLost && (
        <p className={css.lost} role="status">
          {t('inbox.lost')}
        </p>
      )}
      <Rows list={list} view={view} q={q} open={open} members={members} />
    </section>
  );
}

function Rows({ list, view, q, open, members }: Pick<ListProps, 'list' | 'view' | 'q' | 'open'> & { members: Member[] }) {
  const { t } = useTranslation();
  if (list.error) return <Problem error={list.error} retry={list.retry} />;
  if (!list.rows) return <Ghosts />;
  if (list.rows.length === 0) return <NoRows view={view} isSearch={q !== ''} />;
  return (
    <div className={list.isStale ? `${css.rows} stale` : css.rows}>
      <ul>
        {list.rows.map((one) => (
          <li key={one.id}>
            <Row one={one} isOpen={one.id === open} assignee={members.find((member) => member.id === one.assignee) ?? null} />
          </li>
        ))}
      </ul>
      {list.more && (
        <Button variant="subtle" color="gray" size="compact-sm" onClick={list.more} loading={list.isLoadingMore} className={css.more}>
          {t('list.more')}
        </Button>
      )}
    </div>
  );
}

function Row({ one, isOpen, assignee }: { one: Conversation; isOpen: boolean; assignee: Member | null }) {
  const { t } = useTranslation();
  const { me } = usePlace();
  const name = one.subscriber.name || t('inbox.someone', { id: one.id });
  const isUnread = one.unread > 0 && one.handler === 'people' && !isOpen;
  return (
    <Link
      to="/app/inbox"
      search={(old: object) => ({ ...old, c: String(one.id), info: undefined }) as never}
      className={css.row}
      data-conversation={one.id}
      data-unread={isUnread || undefined}
      aria-current={isOpen ? 'true' : undefined}
    >
      <Face name={name} image={one.subscriber.image} size={36} />
      <span className={css.rowWords}>
        <span className={css.rowTop}>
          <span className={`${css.rowName} ellipsis`}>{name}</span>
          <Clock at={one.last_message_at ?? one.created_at} />
        </span>
        <span className={css.rowBottom}>
          <span className={`${css.preview} ellipsis`}>
            <Preview one={one} myName={me.name} />
          </span>
          {isUnread && (
            <span className={css.unread}>
              {one.unread}
              <span className="unseen">{t('inbox.unread')}</span>
            </span>
          )}
        </span>
        <span className={css.chips}>
          {one.waiting_since !== null && (
            <span className={css.waiting}>
              <Icon name="clock" size={12} />
              <Since at={one.waiting_since} />
            </span>
          )}
          {one.handler === 'bot' && one.status === 'open' && (
            <span className={css.chip}>
              <Icon name="bot" size={12} />
              {t('inbox.byBot')}
            </span>
          )}
          {assignee && (
            <span className={css.chip}>
              <Face name={assignee.name} image={assignee.image} size={14} />
              {assignee.id === me.id ? t('inbox.you') : assignee.name}
            </span>
          )}
          {one.status === 'done' && (
            <span className={css.chip}>
              <Icon name="check" size={12} />
              {t('inbox.closed')}
            </span>
          )}
        </span>
      </span>
    </Link>
  );
}

function Preview({ one, myName }: { one: Conversation; myName: string }) {
  const { t } = useTranslation();
  const last = one.last_message;
  if (!last) return <>{t('inbox.noWords')}</>;
  const text = last.text.replace(/\s+/g, ' ') || t('inbox.file');
  if (last.direction === 'in') return <>{text}</>;
  const who = last.author.kind === 'bot' ? t('inbox.bot') : last.author.name === myName ? t('inbox.you') : last.author.name;
  return <>{t('inbox.says', { who, text })}</>;
}

/** Today the time, before that the day. */
function Clock({ at }: { at: number }) {
  const format = useFormat();
  const isToday = new Date(at).toDateString() === new Date().toDateString();
  return (
    <time className={css.clock} dateTime={new Date(at).toISOString()} title={format.moment(at)}>
      {isToday ? format.time(at) : format.date(at)}
    </time>
  );
}

function Since({ at }: { at: number }) {
  const { t } = useTranslation();
  const minutes = Math.max(0, Math.floor((Date.now() - at) / 60_000));
  if (minutes < 1) return <>{t('inbox.waitsNow')}</>;
  if (minutes < 60) return <>{t('inbox.waitsMinutes', { count: minutes })}</>;
  if (minutes < 1440) return <>{t('inbox.waitsHours', { count: Math.floor(minutes / 60) })}</>;
  return <>{t('inbox.waitsDays', { count: Math.floor(minutes / 1440) })}</>;
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

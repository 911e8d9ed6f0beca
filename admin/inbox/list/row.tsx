// A row of the list: who, when, the last words or what a search found, and how it stands.
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation, Member } from '../../api/replies.ts';
import { useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { Icon } from '../../ui/icon.tsx';
import { Face } from '../../ui/identity.tsx';
import css from './list.module.css';

type RowProps = { one: Conversation; isOpen: boolean; assignee: Member | null; viewers: string[]; isPresent: boolean; now: number };

export function Row({ one, isOpen, assignee, viewers, isPresent, now }: RowProps) {
  const { t } = useTranslation();
  const { me } = usePlace();
  const name = one.subscriber.name || t('inbox.someone', { id: one.id });
  const isUnread = one.unread > 0 && one.handler === 'people' && one.muted_at === null && !isOpen;
  const found = one.hit?.message;
  return (
    <Link
      to="/app/inbox"
      search={(old: object) => ({ ...old, c: String(one.id), m: found === undefined ? undefined : String(found), info: undefined }) as never}
      resetScroll={false}
      className={css.row}
      data-conversation={one.id}
      data-unread={isUnread || undefined}
      aria-current={isOpen ? 'true' : undefined}
    >
      <span className={css.rowFace} data-online={isPresent || undefined}>
        <Face name={name} image={one.subscriber.image} size={36} />
      </span>
      <span className={css.rowWords}>
        <span className={css.rowTop}>
          <span className={`${css.rowName} ellipsis`}>{name}</span>
          <Clock at={one.last_message_at ?? one.created_at} now={now} />
        </span>
        {one.hit ? (
          <span className={css.hit}>
            <Marked {...one.hit} />
          </span>
        ) : (
          <>
            <span className={css.rowBottom}>
              <span className={`${css.preview} ellipsis`}>
                <Preview one={one} myId={me.id} />
              </span>
              {isUnread && (
                <span className={css.unread}>
                  {one.unread}
                  <span className="unseen">{t('inbox.unread')}</span>
                </span>
              )}
            </span>
            <Chips one={one} assignee={assignee} viewers={viewers} now={now} />
          </>
        )}
      </span>
    </Link>
  );
}

function Marked({ text, marks }: { text: string; marks: [number, number][] }) {
  return (
    <>
      {marks.map(([from, to], at) => (
        <span key={from}>
          {text.slice(marks[at - 1]?.[1] ?? 0, from)}
          <mark>{text.slice(from, to)}</mark>
        </span>
      ))}
      {text.slice(marks.at(-1)?.[1] ?? 0)}
    </>
  );
}

function Chips({ one, assignee, viewers, now }: Omit<RowProps, 'isOpen' | 'isPresent'>) {
  const { t } = useTranslation();
  const format = useFormat();
  const { me } = usePlace();
  return (
    <span className={css.chips}>
      {one.waiting_since !== null && (
        <span className={css.waiting}>
          <Icon name="clock" size={12} />
          <Since at={one.waiting_since} now={now} />
        </span>
      )}
      {one.muted_at !== null && (
        <span className={css.chip}>
          <Icon name="mute" size={12} />
          {t('inbox.muted')}
        </span>
      )}
      {one.handler === 'bot' && one.muted_at === null && one.status === 'open' && (
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
      {viewers.length > 0 && (
        <span className={css.chip} title={t('inbox.viewing', { names: format.list(viewers), count: viewers.length })}>
          <Icon name="eye" size={13} />
          {format.list(viewers)}
        </span>
      )}
    </span>
  );
}

function Preview({ one, myId }: { one: Conversation; myId: number }) {
  const { t } = useTranslation();
  const last = one.last_message;
  if (!last) return <>{t('inbox.noWords')}</>;
  const text = last.text.replace(/\s+/g, ' ') || t('inbox.file');
  if (last.direction === 'in') return <>{text}</>;
  const { kind, id, name } = last.author;
  return <>{t('inbox.says', { who: kind === 'bot' ? t('inbox.bot') : id === myId ? t('inbox.you') : name, text })}</>;
}

/** Today the time, before that the day. */
function Clock({ at, now }: { at: number; now: number }) {
  const format = useFormat();
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return (
    <time className={css.clock} dateTime={new Date(at).toISOString()} title={format.moment(at)}>
      {isToday ? format.time(at) : format.date(at)}
    </time>
  );
}

function Since({ at, now }: { at: number; now: number }) {
  const { t } = useTranslation();
  const minutes = Math.max(0, Math.floor((now - at) / 60_000));
  if (minutes < 1) return <>{t('inbox.waitsNow')}</>;
  if (minutes < 60) return <>{t('inbox.waitsMinutes', { count: minutes })}</>;
  if (minutes < 1440) return <>{t('inbox.waitsHours', { count: Math.floor(minutes / 60) })}</>;
  return <>{t('inbox.waitsDays', { count: Math.floor(minutes / 1440) })}</>;
}

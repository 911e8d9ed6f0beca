// What was said with them: where the flow stands in the latest conversation, all conversations, and what the team noted.
import { Badge } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation, Subscriber, SubscriberNote } from '../../../api/replies.ts';
import { channelName } from '../../../format.ts';
import { FlowPanel } from '../../../inbox/context/flow-panel.tsx';
import { usePlace } from '../../../place.ts';
import { useList } from '../../../queries.ts';
import { Card } from '../../../ui/page.tsx';
import { Problem } from '../../../ui/problem.tsx';
import { When } from '../../../ui/when.tsx';
import css from '../subscribers.module.css';
import { MoreButton } from './more-button.tsx';

export function Said({ one }: { one: Subscriber }) {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const talks = useList<Conversation>('/conversations', botPlace, { subscriber: one.id, limit: 10 });
  const notes = useList<SubscriberNote>(`/subscribers/${one.id}/notes`, botPlace, { limit: 10 });
  const latest = talks.rows?.[0];
  return (
    <>
      {latest && (
        <Card isFlush>
          <FlowPanel one={latest} />
        </Card>
      )}
      <Card title={t('subscribers.conversations')}>
        {talks.error !== null && <Problem error={talks.error} retry={talks.retry} />}
        {talks.rows?.length === 0 && <p className={css.none}>{t('subscribers.noConversations')}</p>}
        <ul className={css.talks}>
          {talks.rows?.map((talk) => (
            <li key={talk.id}>
              <Link to="/app/inbox" search={{ view: talk.status === 'done' ? 'closed' : 'all', c: String(talk.id) }}>
                <span className="ellipsis">{talk.last_message?.text || t('subscribers.noWords')}</span>
                <span className={css.talkFoot}>
                  {channelName(talk.channel)} · <When at={talk.last_message_at ?? talk.created_at} />
                  {talk.status === 'done' && <Badge color="gray">{t('subscribers.closed')}</Badge>}
                </span>
              </Link>
            </li>
          ))}
        </ul>
        <MoreButton list={talks} />
      </Card>
      {notes.rows !== null && notes.rows.length > 0 && (
        <Card title={t('subscribers.notes')}>
          <ul className={css.talks}>
            {notes.rows.map((note) => (
              <li key={note.id} className={css.note}>
                <p>{note.text}</p>
                <span className={css.talkFoot}>
                  {note.author.name} · <When at={note.created_at} />
                </span>
              </li>
            ))}
          </ul>
          <MoreButton list={notes} />
        </Card>
      )}
    </>
  );
}

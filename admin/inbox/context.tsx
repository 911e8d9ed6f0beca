// Beside the thread: where the flow stands, who this is, where they came from, and what else was said with them.
import { ActionIcon, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Conversation, List } from '../api/replies.ts';
import { api } from '../api.ts';
import { channelName, useFormat } from '../format.ts';
import { usePlace } from '../place.ts';
import { Icon } from '../ui/icon.tsx';
import css from './context/context.module.css';
import { FlowPanel } from './context/flow-panel.tsx';
import { PanelBox } from './context/panel-box.tsx';
import { Person } from './context/person.tsx';
import { VisitPanel } from './context/visit-panel.tsx';
import panes from './inbox.module.css';
import type { Present } from './live.ts';
import { conversationQuery } from './reading.ts';

export function Context({ id, present }: { id: number; present: Present | null }) {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const navigate = useNavigate({ from: '/app/inbox' });
  const { data: one } = useQuery(conversationQuery(id, botPlace));
  return (
    <aside className={panes.context} aria-label={t('inbox.context')} tabIndex={-1}>
      <header className={css.contextHead}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('inbox.backToThread')}
          onClick={() => void navigate({ resetScroll: false, search: (old) => ({ ...old, info: undefined }) as typeof old })}
        >
          <Icon name="back" size={18} />
        </ActionIcon>
        <h2>{t('inbox.context')}</h2>
      </header>
      {one ? (
        <>
          <FlowPanel one={one} />
          <Person one={one} present={present} />
          {one.channel === 'web' && <VisitPanel one={one} />}
          <Others one={one} />
        </>
      ) : (
        <div className={css.panelBox} aria-hidden="true">
          <Skeleton height={12} width="40%" mb={12} />
          <Skeleton height={80} radius="md" />
        </div>
      )}
    </aside>
  );
}

/** What else was said with them. */
function Others({ one }: { one: Conversation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { botPlace } = usePlace();
  // Those before and after this one of the same person; what moves is read again with it (moved.ts).
  const { data } = useQuery({
    queryKey: ['/conversations/of', one.subscriber.id, botPlace],
    queryFn: ({ signal }) => api.get<List<Conversation>>('/conversations', { at: botPlace, signal, query: { subscriber: one.subscriber.id, limit: 6 } }),
  });
  const others = data?.data.filter((other) => other.id !== one.id) ?? [];
  if (others.length === 0) return null;
  return (
    <PanelBox title={t('inbox.others')}>
      <ul className={css.others}>
        {others.map((other) => (
          <li key={other.id}>
            <Link to="/app/inbox" resetScroll={false} search={(old: object) => ({ ...old, c: String(other.id), m: undefined, info: undefined }) as never}>
              <span className="ellipsis">
                <Icon name={other.status === 'done' ? 'check' : 'chat'} size={12} /> {channelName(other.channel)} ·{' '}
                {other.last_message?.text || t('inbox.noWords')}
              </span>
              <time dateTime={new Date(other.last_message_at ?? other.created_at).toISOString()}>{format.date(other.last_message_at ?? other.created_at)}</time>
            </Link>
          </li>
        ))}
      </ul>
    </PanelBox>
  );
}

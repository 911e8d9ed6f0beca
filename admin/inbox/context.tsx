// Beside the thread: where the flow stands, and who this is.
import { ActionIcon, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Conversation, List, Subscriber } from '../api/replies.ts';
import { api } from '../api.ts';
import { channelName, useFormat } from '../format.ts';
import { usePlace } from '../place.ts';
import { CopyButton } from '../ui/copy.tsx';
import { Icon } from '../ui/icon.tsx';
import { Face } from '../ui/identity.tsx';
import { FlowPanel } from './context/flow-panel.tsx';
import { PanelBox } from './context/panel-box.tsx';
import { useShownFields } from './context/shown-fields.ts';
import css from './inbox.module.css';
import { conversationQuery, subscriberQuery } from './reading.ts';

export function Context({ id }: { id: number }) {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const navigate = useNavigate({ from: '/app/inbox' });
  const { data: one } = useQuery(conversationQuery(id, botPlace));
  return (
    <aside className={css.context} aria-label={t('inbox.context')} tabIndex={-1}>
      <header className={css.contextHead}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={t('inbox.backToThread')}
          onClick={() => void navigate({ search: (old) => ({ ...old, info: undefined }) as typeof old })}
        >
          <Icon name="back" size={18} />
        </ActionIcon>
        <h2>{t('inbox.context')}</h2>
      </header>
      {one ? (
        <>
          <FlowPanel one={one} />
          <Person one={one} />
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

function Person({ one }: { one: Conversation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { botPlace } = usePlace();
  const { data: person } = useQuery(subscriberQuery(one.subscriber.id, botPlace));
  const fields = useShownFields(person);
  const name = one.subscriber.name || t('inbox.someone', { id: one.id });
  return (
    <PanelBox title={t('inbox.personTitle')}>
      <div className={css.person}>
        <Face name={name} image={one.subscriber.image} size={40} />
        <div>
          <strong>{name}</strong>
          <span>{t('inbox.onChannel', { channel: channelName(one.channel) })}</span>
        </div>
      </div>
      <dl className={css.facts}>
        {rowsOf(person, t).map(([label, value]) => (
          <Fact key={label} label={label} value={value} canCopy />
        ))}
        <Fact label={t('inbox.since')} value={format.date(person?.created_at ?? one.created_at)} />
        {fields.map(([label, value]) => (
          <Fact key={`field ${label}`} label={label} value={value} />
        ))}
      </dl>
      {person && person.tags.length > 0 && (
        <ul className={css.tags} aria-label={t('inbox.tags')}>
          {person.tags.map((tag) => (
            <li key={tag}>{tag}</li>
          ))}
        </ul>
      )}
    </PanelBox>
  );
}

function rowsOf(person: Subscriber | undefined, t: TFunction): [string, string][] {
  const rows: [string, string | null | undefined][] = [
    [t('inbox.email'), person?.email],
    [t('inbox.phone'), person?.phone],
    [t('inbox.language'), person?.language],
    [t('inbox.country'), person?.country],
  ];
  return rows.flatMap(([label, value]) => (value ? [[label, value] as [string, string]] : []));
}

function Fact({ label, value, canCopy }: { label: string; value: string; canCopy?: boolean }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <span className="ellipsis" title={value}>
          {value}
        </span>
        {canCopy && <CopyButton text={value} />}
      </dd>
    </div>
  );
}

/** What else was said with them. */
function Others({ one }: { one: Conversation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { botPlace } = usePlace();
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
            <Link to="/app/inbox" search={(old: object) => ({ ...old, c: String(other.id), info: undefined }) as never}>
              <span className="ellipsis">{other.last_message?.text || t('inbox.noWords')}</span>
              <time dateTime={new Date(other.last_message_at ?? other.created_at).toISOString()}>{format.date(other.last_message_at ?? other.created_at)}</time>
            </Link>
          </li>
        ))}
      </ul>
    </PanelBox>
  );
}

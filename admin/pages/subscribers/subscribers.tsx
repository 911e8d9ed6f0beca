// Subscribers: the people a bot talks with. What is looked for and how it is narrowed stand in the address.
import { Badge, Button, Select } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Subscriber } from '../../api/replies.ts';
import { channelName } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { useList } from '../../queries.ts';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Face, Identity } from '../../ui/identity.tsx';
import { ListTable } from '../../ui/list.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { When } from '../../ui/when.tsx';
import { MarkFilter } from './mark-filter.tsx';
import { NewSubscriber } from './new-subscriber.tsx';
import css from './subscribers.module.css';

const channels = ['web', 'api', 'whatsapp', 'telegram', 'messenger', 'instagram'] as const;
const shownTags = 3;

export function Subscribers() {
  const { t } = useTranslation();
  const { bot, botPlace, may } = usePlace();
  const { new: isNew, ...filters } = useSearch({ from: '/frame/app/subscribers' });
  const navigate = useNavigate({ from: '/app/subscribers' });
  const narrow = (change: typeof filters) =>
    void navigate({ search: Object.fromEntries(Object.entries({ ...filters, ...change }).filter(([, value]) => value)), replace: true });
  const list = useList<Subscriber>('/subscribers', botPlace, filters);
  const isNarrowed = Object.keys(filters).some((name) => name !== 'sort');
  const create = bot !== null && may('subscribers.write') && (
    <Button leftSection={<Icon name="plus" />} onClick={() => void navigate({ search: (now) => ({ ...now, new: '1' }) })}>
      {t('subscribers.create')}
    </Button>
  );
  return (
    <Page title={t('nav.subscribers')} lead={t('subscribers.lead')} actions={create}>
      <Card isFlush>
        {bot === null ? (
          <Empty icon="bot" title={t('switch.noBotTitle')} text={t('subscribers.noBotText')} />
        ) : (
          <>
            <div className={css.filters}>
              <SearchField label={t('subscribers.find')} value={filters.q ?? ''} onChange={(q) => narrow({ q })} />
              <MarkFilter kind="tags" value={filters.tag} onChange={(tag) => narrow({ tag })} />
              <MarkFilter kind="labels" value={filters.label} onChange={(label) => narrow({ label })} />
              <Select
                aria-label={t('subscribers.channel')}
                placeholder={t('subscribers.anyChannel')}
                data={channels.map((value) => ({ value, label: channelName(value) }))}
                value={filters.channel ?? null}
                onChange={(channel) => narrow({ channel: channel ?? undefined })}
                clearable
                w={150}
              />
              <Select
                aria-label={t('subscribers.order')}
                data={(['newest', 'oldest'] as const).map((value) => ({ value, label: t(`subscribers.sort.${value}`) }))}
                value={filters.sort === 'oldest' ? 'oldest' : 'newest'}
                onChange={(sort) => narrow({ sort: sort === 'oldest' ? sort : undefined })}
                allowDeselect={false}
                w={150}
              />
            </div>
            <ListTable
              list={list}
              label={t('nav.subscribers')}
              columns={[t('subscribers.name'), t('subscribers.channel'), t('subscribers.tags'), t('subscribers.heard')]}
              row={(one) => <SubscriberRow key={one.id} one={one} />}
              empty={
                isNarrowed ? (
                  <Empty icon="search" title={t('list.noneTitle')} text={t('subscribers.noneText')}>
                    <Button variant="default" onClick={() => void navigate({ search: {}, replace: true })}>
                      {t('subscribers.clear')}
                    </Button>
                  </Empty>
                ) : (
                  <Empty icon="users" title={t('subscribers.emptyTitle')} text={t('subscribers.emptyText')}>
                    {create}
                  </Empty>
                )
              }
            />
          </>
        )}
      </Card>
      {isNew && <NewSubscriber onClose={() => void navigate({ search: ({ new: _, ...rest }) => rest })} />}
    </Page>
  );
}

export function nameOf(one: Subscriber, someone: string): string {
  return one.name || one.email || one.phone || someone;
}

function SubscriberRow({ one }: { one: Subscriber }) {
  const { t } = useTranslation();
  const name = nameOf(one, t('subscribers.someone', { id: one.id }));
  const isPaused = one.paused_until !== null && one.paused_until > Date.now();
  const below = [one.email, one.phone].find((text) => text && text !== name);
  return (
    <tr>
      <td>
        <Identity
          face={<Face name={name} image={one.image} />}
          name={
            <Link to="/app/subscribers/$subscriberId" params={{ subscriberId: String(one.id) }} className="row-link">
              {name}
            </Link>
          }
          below={below}
        />
      </td>
      <td data-label={t('subscribers.channel')} className="dim">
        <span>{channelName(one.channel)}</span>
        {isPaused && (
          <Badge color="yellow" ms={8}>
            {t('subscribers.paused')}
          </Badge>
        )}
      </td>
      <td data-label={t('subscribers.tags')}>
        <div className={css.tags}>
          {one.tags.slice(0, shownTags).map((tag) => (
            <Badge key={tag} color="gray">
              {tag}
            </Badge>
          ))}
          {one.tags.length > shownTags && <span className="dim">+{one.tags.length - shownTags}</span>}
          {one.tags.length === 0 && <span className="dim">–</span>}
        </div>
      </td>
      <td data-label={t('subscribers.heard')} className="dim">
        {one.last_interaction_at === null ? t('subscribers.never') : <When at={one.last_interaction_at} />}
      </td>
    </tr>
  );
}

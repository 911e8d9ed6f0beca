// Who it is, as far as it is known.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '../../api/replies.ts';
import { channelName, useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { Face } from '../../ui/identity.tsx';
import type { Present } from '../live.ts';
import { subscriberQuery } from '../reading.ts';
import css from './context.module.css';
import { Fact, Facts } from './facts.tsx';
import { PanelBox } from './panel-box.tsx';
import { useShownFields } from './shown-fields.ts';

export function Person({ one, present }: { one: Conversation; present: Present | null }) {
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
          {present && (
            <span className={css.online} title={present.page?.url}>
              {present.page ? t('inbox.onPage', { page: present.page.title || present.page.url }) : t('inbox.online')}
            </span>
          )}
        </div>
      </div>
      <Facts>
        <Fact label={t('inbox.email')} value={person?.email} canCopy />
        <Fact label={t('inbox.phone')} value={person?.phone} canCopy />
        <Fact label={t('inbox.language')} value={person?.language} />
        <Fact label={t('inbox.country')} value={person?.country} />
        <Fact label={t('inbox.since')} value={format.date(person?.created_at ?? one.created_at)} />
        {fields.map(([label, value]) => (
          <Fact key={label} label={label} value={value} />
        ))}
      </Facts>
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

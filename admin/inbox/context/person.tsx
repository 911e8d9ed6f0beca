// Who it is, as far as it is known.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, Subscriber } from '../../api/replies.ts';
import { channelName, useFormat } from '../../format.ts';
import { shownValue } from '../../forms/field-value.tsx';
import { EditedValue } from '../../person/edited-value.tsx';
import { MarkSet } from '../../person/mark-set.tsx';
import { SamePeople } from '../../person/same-people.tsx';
import { useChange } from '../../person/use-change.ts';
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
      {person && <SamePeople one={person} />}
      <Facts>
        <Fact label={t('inbox.email')} value={person?.email} canCopy />
        <Fact label={t('inbox.phone')} value={person?.phone} canCopy />
        <Fact label={t('inbox.language')} value={person?.language} />
        <Fact label={t('inbox.country')} value={person?.country} />
        <Fact label={t('inbox.since')} value={format.date(person?.created_at ?? one.created_at)} />
      </Facts>
      {person && <Known person={person} />}
    </PanelBox>
  );
}

/** What whoever talks with them learns of them, told where they talk. */
function Known({ person }: { person: Subscriber }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { may } = usePlace();
  const change = useChange(person.id);
  const [all, setAll] = useState(false);
  const { fields, isAll } = useShownFields(person, { all });
  return (
    <>
      <dl className={css.known}>
        {fields.map(({ id, name, type }) => {
          const value = person.fields[name] ?? '';
          return (
            <EditedValue
              // A draft is about one person.
              key={`${person.id} ${id}`}
              label={name}
              type={type}
              value={value}
              shown={shownValue(type, value, t, format)}
              canEdit={may('subscribers.mark')}
              onSave={(next) => change.mutateAsync({ fields: { [name]: next === '' ? null : next } })}
            />
          );
        })}
      </dl>
      {(all || !isAll) && (
        <Button variant="subtle" size="compact-xs" className={css.moreFields} onClick={() => setAll(!all)}>
          {t(all ? 'person.fewerFields' : 'person.allFields')}
        </Button>
      )}
      <MarkSet key={`tags ${person.id}`} kind="tags" one={person} />
      <MarkSet key={`labels ${person.id}`} kind="labels" one={person} />
    </>
  );
}

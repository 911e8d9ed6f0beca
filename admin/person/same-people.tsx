// Who may be the same person, told by what they are reached by, and the offer to make them one.
import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Subscriber } from '../api/replies.ts';
import { api } from '../api.ts';
import { channelName, useFormat } from '../format.ts';
import { usePlace } from '../place.ts';
import { oneOf, refresh } from '../queries.ts';
import { Confirm } from '../ui/confirm.tsx';
import { toastDone } from '../ui/toast.tsx';
import css from './person.module.css';

export function SamePeople({ one }: { one: Subscriber }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { botPlace, may } = usePlace();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Subscriber | null>(null);
  const isReachable = one.email !== null || one.phone !== null;
  const { data } = useQuery({ ...oneOf<{ data: Subscriber[] }>(`/subscribers/${one.id}/same`, botPlace), enabled: isReachable });
  const others = data?.data ?? [];
  if (others.length === 0) return null;
  const nameOf = ({ id, name }: Subscriber) => name || t('person.someone', { id });
  const whyOf = (other: Subscriber) => {
    const isPhone = one.phone !== null && other.phone === one.phone;
    const isEmail = one.email !== null && other.email?.toLowerCase() === one.email.toLowerCase();
    return isPhone && isEmail ? t('person.sameBoth') : isPhone ? t('person.samePhone') : t('person.sameEmail');
  };
  const merge = async (from: Subscriber) => {
    const after = await api.post<Subscriber>(`/subscribers/${one.id}/merge`, { from: from.id }, { at: botPlace });
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] === `/subscribers/${from.id}` });
    client.setQueryData(oneOf<Subscriber>(`/subscribers/${one.id}`, botPlace).queryKey, after);
    toastDone(t('person.merged'));
    await refresh(client, '/subscribers', '/conversations', '/tags', '/labels');
  };
  return (
    <section className={css.same} aria-label={t('person.same')}>
      <strong>{t('person.same')}</strong>
      <ul>
        {others.map((other) => (
          <li key={other.id}>
            <div>
              <Link to="/app/subscribers/$subscriberId" params={{ subscriberId: String(other.id) }} className="ellipsis">
                {nameOf(other)}
              </Link>
              <span>
                {whyOf(other)} · {channelName(other.channel)} · {format.date(other.created_at)}
              </span>
            </div>
            {may('subscribers.write') && (
              <Button variant="default" size="compact-sm" aria-label={t('person.mergeThis', { name: nameOf(other) })} onClick={() => setAsked(other)}>
                {t('person.merge')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Confirm
        isOpen={asked !== null}
        onClose={() => setAsked(null)}
        title={asked ? t('person.mergeTitle', { from: nameOf(asked), into: nameOf(one) }) : ''}
        text={asked ? t('person.mergeText', { from: nameOf(asked), into: nameOf(one) }) : ''}
        action={t('person.merge')}
        onConfirm={async () => asked && merge(asked)}
      />
    </section>
  );
}

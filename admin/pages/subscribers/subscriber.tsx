// One subscriber: who they are, what is known of them, what was said, and where the flow stands.
import { Button, Menu } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Subscriber } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { channelName, useFormat } from '../../format.ts';
import { SamePeople } from '../../person/same-people.tsx';
import { usePlace } from '../../place.ts';
import { oneOf, refresh } from '../../queries.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { Icon } from '../../ui/icon.tsx';
import { FormGhost } from '../../ui/list.tsx';
import { Card, Page } from '../../ui/page.tsx';
import { Problem } from '../../ui/problem.tsx';
import { toastDone, toastFailed } from '../../ui/toast.tsx';
import { About } from './one/about.tsx';
import { Fields } from './one/fields.tsx';
import { Marks } from './one/marks.tsx';
import { Said } from './one/said.tsx';
import css from './subscribers.module.css';
import { nameOf } from './subscribers.tsx';

/** So far away means: until resumed. */
const farAwayMs = Date.UTC(9000, 0);

export function SubscriberPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const { subscriberId } = useParams({ from: '/frame/app/subscribers/$subscriberId' });
  const { botPlace, may } = usePlace();
  const found = useQuery(oneOf<Subscriber>(`/subscribers/${subscriberId}`, botPlace));
  const one = found.data;
  const back = { to: '/app/subscribers', label: t('nav.subscribers') } as const;
  if (!one) {
    return (
      <Page title={t('subscribers.one')} back={back}>
        <Card>{found.error ? <Problem error={found.error} retry={() => void found.refetch()} /> : <FormGhost fields={4} />}</Card>
      </Page>
    );
  }
  const isPaused = one.paused_until !== null && one.paused_until > Date.now();
  const lead = t('subscribers.oneLead', { channel: channelName(one.channel), date: format.date(one.created_at) });
  const until =
    one.paused_until !== null && one.paused_until < farAwayMs
      ? t('subscribers.pausedUntil', { when: format.moment(one.paused_until) })
      : t('subscribers.pausedForGood');
  return (
    <Page
      title={nameOf(one, t('subscribers.someone', { id: one.id }))}
      lead={isPaused ? `${lead} · ${until}` : lead}
      back={back}
      actions={
        <>
          {may('conversations.answer') && <PauseMenu one={one} isPaused={isPaused} />}
          {may('subscribers.write') && <Erase one={one} />}
        </>
      }
    >
      <div className={css.columns}>
        <div>
          <SamePeople one={one} />
          <About one={one} />
          <Fields one={one} />
        </div>
        <div>
          <Marks one={one} />
          <Said one={one} />
        </div>
      </div>
    </Page>
  );
}

const pauses = [
  { minutes: 60, words: 'subscribers.pause.hour' },
  { minutes: 24 * 60, words: 'subscribers.pause.day' },
  { minutes: null, words: 'subscribers.pause.always' },
] as const;

function PauseMenu({ one, isPaused }: { one: Subscriber; isPaused: boolean }) {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const client = useQueryClient();
  const act = useMutation({
    mutationFn: ({ path, body }: { path: 'pause' | 'resume'; body: object }) => api.post<Subscriber>(`/subscribers/${one.id}/${path}`, body, { at: botPlace }),
    onSuccess: (after, { path }) => {
      client.setQueryData(oneOf<Subscriber>(`/subscribers/${one.id}`, botPlace).queryKey, after);
      toastDone(path === 'pause' ? t('subscribers.pause.done') : t('subscribers.resumed'));
      return refresh(client, '/subscribers');
    },
    onError: toastFailed,
  });
  if (isPaused) {
    return (
      <Button variant="default" loading={act.isPending} onClick={() => act.mutate({ path: 'resume', body: {} })}>
        {t('subscribers.resume')}
      </Button>
    );
  }
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <Button variant="default" loading={act.isPending} rightSection={<Icon name="down" size={14} />}>
          {t('subscribers.pause.do')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {pauses.map(({ minutes, words }) => (
          <Menu.Item key={words} onClick={() => act.mutate({ path: 'pause', body: minutes === null ? {} : { minutes } })}>
            {t(words)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Erase({ one }: { one: Subscriber }) {
  const { t } = useTranslation();
  const { botPlace } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const name = nameOf(one, t('subscribers.someone', { id: one.id }));
  return (
    <>
      <Button color="red" variant="light" onClick={() => setAsking(true)}>
        {t('subscribers.erase')}
      </Button>
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={t('subscribers.eraseTitle', { name })}
        text={t('subscribers.eraseText')}
        action={t('subscribers.erase')}
        onConfirm={async () => {
          await api.delete(`/subscribers/${one.id}`, { at: botPlace });
          // First the page is left, then it is gone: nothing may be asked of it any more.
          await navigate({ to: '/app/subscribers' });
          client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] === `/subscribers/${one.id}` });
          await refresh(client, '/subscribers', '/conversations', '/tags', '/labels');
          toastDone(t('subscribers.erased', { name }));
        }}
      />
    </>
  );
}

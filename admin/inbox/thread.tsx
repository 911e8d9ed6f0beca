// One conversation: who it is with and who has it, what was said and done, and the place to answer.
import { ActionIcon, Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '../api/replies.ts';
import { ApiError, api } from '../api.ts';
import { channelName, useFormat } from '../format.ts';
import { usePlace } from '../place.ts';
import { Icon } from '../ui/icon.tsx';
import { Face } from '../ui/identity.tsx';
import { Problem } from '../ui/problem.tsx';
import panes from './inbox.module.css';
import type { Live } from './live.ts';
import { useMoved } from './moved.ts';
import { conversationQuery } from './reading.ts';
import { Composer } from './thread/composer.tsx';
import { readOn } from './thread/pages.ts';
import css from './thread/thread.module.css';
import { Timeline } from './thread/timeline.tsx';
import { useAct } from './use-act.ts';

const AssignMenu = lazy(() => import('./thread/assign-menu.tsx').then(({ AssignMenu }) => ({ default: AssignMenu })));

const MoreMenu = lazy(() => import('./thread/more-menu.tsx').then(({ MoreMenu }) => ({ default: MoreMenu })));

/** `around`: a message to go to. */
type ThreadProps = { id: number; around: number | null; live: Live; onClose: () => void };

export function Thread({ id, around, live, onClose }: ThreadProps) {
  const { botPlace } = usePlace();
  const client = useQueryClient();
  const { workspace, bot } = botPlace;
  const found = useQuery(conversationQuery(id, botPlace));
  // Around a message that was found one has not seen what came last.
  useRead(id, around === null ? found.data : undefined);
  // What was said while another one was open; when it fails, the next move brings it.
  useEffect(() => {
    readOn(client, id, { workspace, bot }).then(null, () => {});
  }, [client, id, workspace, bot]);
  const isGone = found.error instanceof ApiError && found.error.status === 404;
  if (found.isError && (isGone || !found.data))
    return (
      <section className={panes.thread}>
        <Problem error={found.error} retry={() => void found.refetch()} />
      </section>
    );
  return <Shown id={id} one={found.data} around={around} live={live} onClose={onClose} />;
}

function Shown({ id, one, around, live, onClose }: ThreadProps & { one: Conversation | undefined }) {
  const { t } = useTranslation();
  const { me, may } = usePlace();
  const navigate = useNavigate({ from: '/app/inbox' });
  const toNewest = () => void navigate({ resetScroll: false, search: (old) => ({ ...old, m: undefined }) as typeof old });
  const name = one?.subscriber.name || t('inbox.someone', { id });
  const here = live.seen.filter((sign) => sign.conversation === id && !(sign.who.kind === 'agent' && sign.who.id === me.id));
  const typing = here.filter((sign) => sign.doing === 'typing');
  return (
    <section className={panes.thread} aria-label={t('inbox.with', { name })}>
      <Head id={id} one={one} name={name} viewers={here.filter((sign) => sign.doing === 'viewing').map((sign) => sign.who.name)} onClose={onClose} />
      <Timeline key={around} id={id} one={one} around={around} typing={typing.map((sign) => sign.who.name || name)} onNewest={toNewest} />
      {one && may('conversations.answer') && (
        <Composer
          one={one}
          alsoTyping={typing.filter((sign) => sign.who.kind === 'agent').map((sign) => sign.who.name)}
          onTyping={(isOn) => live.show('typing', id, isOn)}
          onSent={() => around !== null && toNewest()}
        />
      )}
      {one && !may('conversations.answer') && <p className={css.readOnly}>{t('inbox.readOnly')}</p>}
    </section>
  );
}

type HeadProps = { id: number; one: Conversation | undefined; name: string; viewers: string[]; onClose: () => void };

function Head({ id, one, name, viewers, onClose }: HeadProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { may } = usePlace();
  const navigate = useNavigate({ from: '/app/inbox' });
  const act = useAct(id);
  const isDone = one?.status === 'done';
  return (
    <header className={css.threadHead}>
      <ActionIcon variant="subtle" color="gray" size="lg" className={css.backButton} aria-label={t('inbox.back')} onClick={onClose}>
        <Icon name="back" size={18} />
      </ActionIcon>
      <Face name={name} image={one?.subscriber.image ?? null} size={34} />
      <div className={css.threadName}>
        <h2 className="ellipsis">{name}</h2>
        <p className="ellipsis">
          {viewers.length > 0
            ? t('inbox.viewing', { names: format.list(viewers), count: viewers.length })
            : one?.subscriber.email || (one && t('inbox.onChannel', { channel: channelName(one.channel) }))}
        </p>
      </div>
      {one && may('conversations.answer') && (
        <>
          <Suspense>
            <AssignMenu one={one} onAssign={(assignee) => act.mutate({ path: 'assign', body: { assignee } })} />
          </Suspense>
          <Button
            variant={isDone ? 'default' : 'light'}
            size="compact-md"
            data-act="close"
            className={css.closeButton}
            aria-label={isDone ? t('inbox.reopen') : t('inbox.close')}
            aria-keyshortcuts="e"
            leftSection={<Icon name={isDone ? 'rotate' : 'check'} size={15} />}
            loading={act.isPending && act.variables.path === 'status'}
            onClick={() => act.mutate({ path: 'status', body: { status: isDone ? 'open' : 'done' } })}
          >
            <span className={css.wideWord}>{isDone ? t('inbox.reopen') : t('inbox.close')}</span>
          </Button>
        </>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        data-act="info"
        aria-label={t('inbox.info')}
        title={t('inbox.info')}
        onClick={() => void navigate({ resetScroll: false, search: (old) => ({ ...old, info: old.info ? undefined : '1' }) as typeof old })}
      >
        <Icon name="panel" size={18} />
      </ActionIcon>
      {one && may('conversations.answer') && (
        <Suspense>
          <MoreMenu one={one} onMute={(on) => act.mutate({ path: 'mute', body: { on } })} />
        </Suspense>
      )}
    </header>
  );
}

/** Whoever has it open and in sight has read it. */
function useRead(id: number, one: Conversation | undefined): void {
  const { botPlace } = usePlace();
  const moved = useMoved();
  const latest = useRef({ moved, botPlace });
  latest.current = { moved, botPlace };
  const seq = one?.seq;
  const hasUnread = (one?.unread ?? 0) > 0;
  useEffect(() => {
    if (seq === undefined || !hasUnread) return;
    const read = () => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', read);
      // Not worth a word when it fails: it stays unread.
      api.post(`/conversations/${id}/read`, { up_to: seq }, { at: latest.current.botPlace }).then(
        () => latest.current.moved(id),
        () => {},
      );
    };
    document.addEventListener('visibilitychange', read);
    read();
    return () => document.removeEventListener('visibilitychange', read);
  }, [id, seq, hasUnread]);
}

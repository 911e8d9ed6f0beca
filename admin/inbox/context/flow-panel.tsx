// Where the flow stands: its block, what it waits for, its variables and the way it came; and who talks, it or people.
import { Badge, Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation, FlowSession } from '../../api/replies.ts';
import { useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { Icon } from '../../ui/icon.tsx';
import { FormProblem } from '../../ui/problem.tsx';
import panes from '../inbox.module.css';
import { sessionQuery } from '../reading.ts';
import { useAct } from '../use-act.ts';
import css from './context.module.css';
import { PanelBox } from './panel-box.tsx';

const HandBack = lazy(() => import('./hand-back.tsx').then(({ HandBack }) => ({ default: HandBack })));

const shownSteps = 6;
const maxValue = 400;

export function FlowPanel({ one }: { one: Conversation }) {
  const { t } = useTranslation();
  const { botPlace, may } = usePlace();
  const found = useQuery({ ...sessionQuery(one.id, botPlace), enabled: one.session !== null });
  const session = found.data;
  return (
    <PanelBox title={t('inbox.flow.title')} actions={session && <Status session={session} one={one} />}>
      {one.session === null && <p className={css.hint}>{t('inbox.flow.none')}</p>}
      {found.isError && !session && <FormProblem error={found.error} />}
      {session && <Standing session={session} />}
      {may('conversations.answer') && <Control one={one} session={session ?? null} />}
      {session && <Variables vars={session.vars} />}
      {session && session.trace.length > 0 && <Trace session={session} />}
    </PanelBox>
  );
}

type Tone = 'yellow' | 'gray' | 'red' | 'blue';

function toneOf(session: FlowSession, one: Conversation): [Tone, 'stopped' | FlowSession['status']] {
  if (session.is_stopped) return ['yellow', 'stopped'];
  if (session.status === 'handed_off') return [one.status === 'open' ? 'yellow' : 'gray', 'handed_off'];
  if (session.status === 'failed') return ['red', 'failed'];
  return session.status === 'ended' ? ['gray', 'ended'] : ['blue', session.status];
}

function Status({ session, one }: { session: FlowSession; one: Conversation }) {
  const { t } = useTranslation();
  const [tone, word] = toneOf(session, one);
  return (
    <Badge color={tone} variant="light" size="sm">
      {t(`inbox.flow.status.${word}`)}
    </Badge>
  );
}

function Standing({ session }: { session: FlowSession }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { wait, at } = session;
  const block = wait?.block ?? at.block;
  return (
    <div className={css.standing}>
      <strong>{session.name ?? t('inbox.flow.deleted')}</strong>
      <span>{t('inbox.flow.version', { version: session.version })}</span>
      {session.status !== 'ended' && (
        <p>
          {wait ? t(`inbox.flow.wait.${wait.kind}`) : t('inbox.flow.at')} <BlockName block={block} session={session} />
          {at.flow !== session.flow && ` ${t('inbox.flow.within', { flow: at.name })}`}
        </p>
      )}
      {session.status !== 'ended' && session.blocks[block]?.says && <blockquote>{session.blocks[block].says}</blockquote>}
      {wait?.until && !session.is_stopped && <p>{t('inbox.flow.until', { when: format.ago(wait.until) })}</p>}
    </div>
  );
}

/** In words where the flow still has it; its name for who looks for it on the canvas. */
function BlockName({ block, session }: { block: string; session: FlowSession }) {
  const words = session.blocks[block];
  return words ? (
    <b className={css.blockName} title={block}>
      {words.group} · {words.label}
    </b>
  ) : (
    <code>{block}</code>
  );
}

function Control({ one, session }: { one: Conversation; session: FlowSession | null }) {
  const { t } = useTranslation();
  const act = useAct(one.id);
  const isPeoples = one.taken_at !== null || session?.status === 'handed_off';
  if (one.status !== 'open') return null;
  if (one.muted_at !== null) return <p className={css.hint}>{t('inbox.flow.muted')}</p>;
  if (isPeoples)
    return (
      <Suspense
        fallback={
          <Button size="sm" fullWidth disabled>
            {t('inbox.flow.handBack')}
          </Button>
        }
      >
        <HandBack
          session={session}
          isPending={act.isPending}
          onHandBack={(block) => act.mutate({ path: 'hand-back', body: block === null ? {} : { block } })}
        />
      </Suspense>
    );
  return (
    <>
      <Button
        size="sm"
        fullWidth
        variant={one.handler === 'bot' ? 'filled' : 'default'}
        leftSection={<Icon name="hand" size={16} />}
        loading={act.isPending}
        onClick={() => act.mutate({ path: 'take-over' })}
      >
        {t('inbox.flow.takeOver')}
      </Button>
      <p className={css.hint}>{t('inbox.flow.takeOverHint')}</p>
    </>
  );
}

function Variables({ vars }: { vars: Record<string, unknown> }) {
  const { t } = useTranslation();
  const rows = Object.entries(vars);
  if (rows.length === 0) return null;
  return (
    <>
      <h4 className={css.panelSub}>{t('inbox.flow.variables')}</h4>
      <dl className={css.vars}>
        {rows.map(([name, value]) => {
          const text = value === null ? t('inbox.flow.empty') : textOf(value);
          return (
            <div key={name}>
              <dt>{name}</dt>
              <dd title={text.slice(0, maxValue)} data-empty={value === null || undefined}>
                {text.slice(0, maxValue)}
              </dd>
            </div>
          );
        })}
      </dl>
    </>
  );
}

/** Of a file its name: the rest of it is a link that ends soon. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const file = value as Partial<Record<'id' | 'name' | 'url', unknown>>;
  return typeof file === 'object' && typeof file.id === 'string' && typeof file.url === 'string' ? String(file.name) : JSON.stringify(value);
}

function Trace({ session }: { session: FlowSession }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isWhole, setWhole] = useState(false);
  const steps = isWhole ? session.trace : session.trace.slice(-shownSteps);
  const hidden = session.trace.length - steps.length;
  return (
    <>
      <h4 className={css.panelSub}>{t('inbox.flow.trace')}</h4>
      <ol className={css.trace}>
        {hidden > 0 && (
          <li>
            <button type="button" className={panes.tool} onClick={() => setWhole(true)}>
              {t('inbox.flow.earlier', { count: hidden })}
            </button>
          </li>
        )}
        {steps.map((step, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a trace only grows at its end
          <li key={`${hidden + at}`}>
            <BlockName block={step.block} session={session} />
            <span className={css.port}>{step.reason === null ? step.port : `${step.port} (${step.reason})`}</span>
            <time dateTime={new Date(step.at).toISOString()}>{format.time(step.at)}</time>
            {Object.entries(step.set).map(([name, value]) => (
              <small key={name}>{t('inbox.flow.set', { name, value })}</small>
            ))}
          </li>
        ))}
        {session.status !== 'ended' && (
          <li aria-current="step">
            <BlockName block={session.wait?.block ?? session.at.block} session={session} />
          </li>
        )}
      </ol>
    </>
  );
}

// Home: the way to a live bot, each step with its true state, and where to see it at once.
import { Button, Skeleton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useMe, usePlace } from '../place.ts';
import { CopyButton } from '../ui/copy.tsx';
import { Icon } from '../ui/icon.tsx';
import { Card, Page } from '../ui/page.tsx';
import css from './home.module.css';
import { type Step, useSteps } from './home-steps.tsx';

export function Home() {
  const { t } = useTranslation();
  const { bot } = usePlace();
  const firstName = useMe().name.trim().split(/\s+/)[0] ?? '';
  return (
    <Page title={t(greetingAt(new Date().getHours()), { name: firstName })} lead={bot ? t('home.lead', { bot: bot.name }) : t('home.leadNoBot')}>
      <Checklist />
      <Share />
    </Page>
  );
}

export function greetingAt(hour: number): 'home.morning' | 'home.day' | 'home.evening' {
  if (hour >= 5 && hour < 12) return 'home.morning';
  return hour >= 12 && hour < 18 ? 'home.day' : 'home.evening';
}

function Checklist() {
  const { t } = useTranslation();
  const steps = useSteps();
  const done = steps?.filter((step) => step.isDone).length ?? 0;
  const next = steps?.find((step) => !step.isDone);
  if (!steps) {
    return (
      <Card title={t('home.checklist')}>
        <Skeleton height={44} mb="sm" />
        <Skeleton height={96} mb="sm" />
        <Skeleton height={44} />
      </Card>
    );
  }
  return (
    <Card
      title={next ? t('home.checklist') : t('home.allDone')}
      lead={next ? t('home.checklistLead') : t('home.allDoneText')}
      isFlush
      actions={<Progress done={done} all={steps.length} />}
    >
      <ol className={css.steps}>
        {steps.map((step) => (
          <StepRow key={step.id} step={step} isNext={step === next} />
        ))}
      </ol>
    </Card>
  );
}

function Progress({ done, all }: { done: number; all: number }) {
  const { t } = useTranslation();
  const length = 2 * Math.PI * 9;
  return (
    <span className={css.progress}>
      <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="9" />
        <circle cx="12" cy="12" r="9" strokeDasharray={length} strokeDashoffset={length * (1 - done / all)} />
      </svg>
      {t('home.progress', { done, all })}
    </span>
  );
}

function StepRow({ step, isNext }: { step: Step; isNext: boolean }) {
  const { t } = useTranslation();
  return (
    <li className={css.step} data-done={step.isDone || undefined} data-next={isNext || undefined}>
      <span className={css.tick}>
        {step.isDone && <Icon name="check" size={13} />}
        <span className="unseen">{step.isDone ? t('home.done') : t('home.open')}</span>
      </span>
      <div className={css.words}>
        <h3>{step.title}</h3>
        {isNext && <p>{step.text}</p>}
      </div>
      <div className={isNext ? undefined : css.quiet}>{step.action(isNext)}</div>
    </li>
  );
}

function Share() {
  const { t } = useTranslation();
  const demo = `${location.origin}/demo`;
  return (
    <Card
      title={t('home.share')}
      lead={t('home.shareLead')}
      actions={
        <Button component="a" href="/demo" target="_blank" rel="noreferrer" variant="default" leftSection={<Icon name="external" />}>
          {t('home.openDemo')}
        </Button>
      }
    >
      <div className={css.share}>
        <span className="mono ellipsis">{demo}</span>
        <CopyButton text={demo} label={t('home.copyDemo')} />
      </div>
    </Card>
  );
}

// Where a conversation on a website began, as the browser told it, and what makes it look like a program's.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { readAgent } from '../../agent.ts';
import type { Conversation, Visit } from '../../api/replies.ts';
import { useFormat } from '../../format.ts';
import { usePlace } from '../../place.ts';
import { Icon } from '../../ui/icon.tsx';
import { visitQuery } from '../reading.ts';
import css from './context.module.css';
import { Fact, Facts } from './facts.tsx';
import { PanelBox } from './panel-box.tsx';

/** The five calls of programs bring no sign of a page; that alone makes nobody suspicious. */
const suspicious = ['honeypot', 'fast', 'wrong_nonce', 'used_nonce'] as const;

export function VisitPanel({ one }: { one: Conversation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { botPlace } = usePlace();
  const { data: visit } = useQuery(visitQuery(one.id, botPlace));
  if (!visit) return null;
  const marks = suspicious.filter((mark) => visit.marks.includes(mark));
  const { browser, system } = readAgent(visit.browser);
  const said = Object.entries(visit.said).filter(([, value]) => value !== null);
  return (
    <PanelBox title={t('inbox.visit.title')}>
      {marks.length > 0 && (
        <p className={css.suspicion}>
          <Icon name="warning" size={14} />
          <span>{t('inbox.visit.suspicion', { why: format.list(marks.map((mark) => t(`inbox.visit.mark.${mark}`))) })}</span>
        </p>
      )}
      <Facts>
        <Fact label={t('inbox.visit.page')} value={visit.title || visit.url} href={addressOf(visit.url)} />
        {visit.title && <Fact label={t('inbox.visit.address')} value={visit.url} href={addressOf(visit.url)} canCopy />}
        <Fact label={t('inbox.visit.from')} value={visit.referrer} href={addressOf(visit.referrer)} />
        <Fact label={t('inbox.visit.browser')} value={[browser, system].filter((word) => word).join(' · ')} />
        <Fact label={t('inbox.language')} value={languageOf(visit.locale, format.language)} />
        <Fact label={t('inbox.visit.time')} value={timeThere(visit, format.language)} />
        <Fact label={t('inbox.visit.began')} value={format.moment(one.created_at)} />
        <Fact label={t('inbox.visit.consent')} value={visit.consent} />
        {said.map(([name, value]) => (
          <Fact key={name} label={name} value={String(value)} />
        ))}
      </Facts>
    </PanelBox>
  );
}

/** What a stranger's page says may be anything: only these are ever followed. */
function addressOf(url: string | null): string | undefined {
  return url && /^https?:\/\//i.test(url) ? url : undefined;
}

const isTag = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i;

function languageOf(locale: string | null, language: string): string | null {
  return locale && isTag.test(locale) ? (new Intl.DisplayNames(language, { type: 'language' }).of(locale) ?? locale) : locale;
}

/** "14:05 · Europe/Lisbon": whether it is night where they are. */
function timeThere({ time_zone: zone }: Visit, language: string): string | null {
  if (!zone || !Intl.supportedValuesOf('timeZone').includes(zone)) return zone;
  return `${new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone: zone }).format()} · ${zone}`;
}

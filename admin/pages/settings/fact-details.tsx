// All that is known of one fact.
import { useTranslation } from 'react-i18next';
import type { Fact } from '../../api/replies.ts';
import { useFormat } from '../../format.ts';
import { CodeBlock, CopyButton } from '../../ui/copy.tsx';
import { wordsOfKind } from './facts.ts';
import css from './settings.module.css';

export function FactDetails({ fact }: { fact: Fact }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { actor } = fact;
  return (
    <>
      <dl className={css.details}>
        <dt>{t('audit.what')}</dt>
        <dd>
          {wordsOfKind(fact.kind, t)}
          <div className="mono dim">{fact.kind}</div>
        </dd>
        <dt>{t('audit.who')}</dt>
        <dd>
          {actor.name}
          <div className="dim">{t(`audit.actor.${actor.kind}`)}</div>
        </dd>
        <dt>{t('audit.when')}</dt>
        <dd>{format.moment(fact.at)}</dd>
        <dt>{t('audit.subject')}</dt>
        <dd className="mono">{fact.subject}</dd>
        <dt>{t('audit.address')}</dt>
        <dd className="mono">{fact.ip ?? '–'}</dd>
        {fact.request_id && (
          <>
            <dt>{t('problem.request')}</dt>
            <dd className="mono">
              {fact.request_id} <CopyButton text={fact.request_id} label={t('problem.copyRequest')} />
            </dd>
          </>
        )}
      </dl>
      {Object.keys(fact.data).length > 0 && (
        <div className={css.data}>
          <CodeBlock code={JSON.stringify(fact.data, null, 2)} />
        </div>
      )}
    </>
  );
}

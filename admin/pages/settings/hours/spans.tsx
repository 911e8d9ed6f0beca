// The stretches of one day: from, to, one more, none.
import { ActionIcon, Button, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Span } from '../../../api/replies.ts';
import { Icon } from '../../../ui/icon.tsx';
import css from '../hours.module.css';
import { another, maxSpans } from './hours-form.ts';

export function Spans({ day, spans, onChange }: { day: string; spans: Span[]; onChange: (spans: Span[]) => void }) {
  const { t } = useTranslation();
  const change = (at: number, part: Partial<Span>) => onChange(spans.map((span, other) => (other === at ? { ...span, ...part } : span)));
  return (
    <div className={css.spans}>
      {spans.length === 0 && <span className={css.closed}>{t('hours.closed')}</span>}
      {spans.map((span, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a stretch has no other name than its place
        <div key={at} className={css.span}>
          <TextInput
            type="time"
            step={300}
            aria-label={t('hours.from', { day, n: at + 1 })}
            value={span.from}
            onChange={(event) => change(at, { from: event.currentTarget.value.slice(0, 5) })}
          />
          <span aria-hidden="true">–</span>
          <TextInput
            type="time"
            step={300}
            aria-label={t('hours.to', { day, n: at + 1 })}
            value={span.to}
            onChange={(event) => change(at, { to: event.currentTarget.value.slice(0, 5) })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('hours.remove', { day, n: at + 1 })}
            onClick={() => onChange(spans.filter((_, other) => other !== at))}
          >
            <Icon name="close" size={14} />
          </ActionIcon>
        </div>
      ))}
      {spans.length < maxSpans && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<Icon name="plus" size={13} />}
          aria-label={t('hours.addTo', { day })}
          onClick={() => onChange([...spans, another(spans)])}
        >
          {t('hours.add')}
        </Button>
      )}
    </div>
  );
}

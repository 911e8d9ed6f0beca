// Single dates that go their own way: closed on a holiday, open on a Sunday before it.
import { ActionIcon, Button, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Icon } from '../../../ui/icon.tsx';
import css from '../hours.module.css';
import { type DateHours, dateSlipOf, maxDates } from './hours-form.ts';
import { Spans } from './spans.tsx';

export function Dates({ dates, onChange }: { dates: DateHours[]; onChange: (dates: DateHours[]) => void }) {
  const { t } = useTranslation();
  const change = (at: number, part: Partial<DateHours>) => onChange(dates.map((one, other) => (other === at ? { ...one, ...part } : one)));
  return (
    <section aria-label={t('hours.dates')}>
      <h3 className={css.sub}>{t('hours.dates')}</h3>
      <p className={css.hint}>{t('hours.datesHint')}</p>
      <ul className={css.days}>
        {dates.map((one, at) => {
          const slip = dateSlipOf(dates, at);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: two dates may be the same while they are typed
            <li key={at} className={css.day}>
              <div className={css.date}>
                <TextInput
                  type="date"
                  aria-label={t('hours.date', { n: at + 1 })}
                  value={one.date}
                  onChange={(event) => change(at, { date: event.currentTarget.value })}
                />
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('hours.removeDate', { date: one.date })}
                  onClick={() => onChange(dates.filter((_, other) => other !== at))}
                >
                  <Icon name="trash" size={15} />
                </ActionIcon>
              </div>
              <div>
                <Spans day={one.date} spans={one.spans} onChange={(spans) => change(at, { spans })} />
                {slip && <p className={css.wrong}>{t(`hours.slip.${slip}`)}</p>}
              </div>
            </li>
          );
        })}
      </ul>
      {dates.length < maxDates && (
        <Button variant="default" size="compact-md" leftSection={<Icon name="plus" size={14} />} onClick={() => onChange([...dates, { date: '', spans: [] }])}>
          {t('hours.addDate')}
        </Button>
      )}
    </section>
  );
}

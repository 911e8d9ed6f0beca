// The seven days of a week, each with its hours.
import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import css from '../hours.module.css';
import { type HoursWeek, slipOf, type Weekday, weekdays } from './hours-form.ts';
import { Spans } from './spans.tsx';

/** 1 January 2024 was a Monday. */
export function weekdayName(language: string, day: Weekday): string {
  return new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2024, 0, Number(day)));
}

export function Week({ week, onChange }: { week: HoursWeek; onChange: (week: HoursWeek) => void }) {
  const { t, i18n } = useTranslation();
  const workdays = weekdays.slice(1, 5);
  const differ = workdays.some((day) => JSON.stringify(week[day]) !== JSON.stringify(week['1']));
  return (
    <section aria-label={t('hours.week')}>
      <ul className={css.days}>
        {weekdays.map((day) => {
          const name = weekdayName(i18n.language, day);
          const slip = slipOf(week[day]);
          return (
            <li key={day} className={css.day}>
              <span className={css.name}>{name}</span>
              <div>
                <Spans day={name} spans={week[day]} onChange={(spans) => onChange({ ...week, [day]: spans })} />
                {slip && <p className={css.wrong}>{t(`hours.slip.${slip}`)}</p>}
                {day === '1' && differ && (
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    onClick={() => onChange({ ...week, ...Object.fromEntries(workdays.map((one) => [one, week['1']])) })}
                  >
                    {t('hours.same')}
                  </Button>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

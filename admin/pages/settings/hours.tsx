// Business hours: when people of the business answer, per weekday, with single dates that go their own way. Without any
// it is always open, which is how a workspace begins.
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/Switch.layer.css';
import { Switch } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Settings } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { useFormat } from '../../format.ts';
import { TimeZone } from '../../forms/time-zone.tsx';
import { useApiForm } from '../../forms/use-api-form.ts';
import { usePlace } from '../../place.ts';
import { oneOf } from '../../queries.ts';
import { FormCard } from '../../ui/form-card.tsx';
import { FormGhost } from '../../ui/list.tsx';
import { Card, useTitle } from '../../ui/page.tsx';
import { Problem } from '../../ui/problem.tsx';
import { toastDone } from '../../ui/toast.tsx';
import { Dates } from './hours/dates.tsx';
import { fromSettings, type HoursForm, isWrong, toSettings } from './hours/hours-form.ts';
import { Week } from './hours/week.tsx';
import css from './hours.module.css';

export function HoursSettings() {
  const { t } = useTranslation();
  const { place } = usePlace();
  const found = useQuery({ ...oneOf<Settings>('/settings', place), refetchInterval: 60_000 });
  useTitle(t('nav.hours'));
  if (found.data) return <Hours settings={found.data} />;
  return <Card>{found.error ? <Problem error={found.error} retry={() => void found.refetch()} /> : <FormGhost fields={7} />}</Card>;
}

function Hours({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  const { place, may } = usePlace();
  const client = useQueryClient();
  const isReadOnly = !may('settings.write');
  const { form, submit, settle, isPending, problem } = useApiForm<HoursForm, Settings>({
    initialValues: fromSettings(settings),
    validate: (values) => (isWrong(values) ? { week: t('hours.fix') } : {}),
    send: (values) => api.patch<Settings>('/settings', toSettings(values), { at: place }),
    onDone: (saved) => {
      client.setQueryData(oneOf<Settings>('/settings', place).queryKey, saved);
      settle(fromSettings(saved));
      toastDone(t('toast.saved'));
    },
  });
  const { values } = form;
  const set = (change: Partial<HoursForm>) => form.setValues(change);
  return (
    <FormCard
      title={t('nav.hours')}
      lead={t('hours.lead')}
      form={form}
      submit={submit}
      isPending={isPending}
      problem={problem}
      readOnly={isReadOnly ? t('settings.readOnly') : undefined}
    >
      <OpenNow settings={settings} />
      <TimeZone label={t('workspace.timezone')} disabled={isReadOnly} {...form.getInputProps('timezone')} />
      <Switch
        label={t('hours.always')}
        description={t('hours.alwaysHint')}
        checked={values.isAlways}
        disabled={isReadOnly}
        onChange={(event) => set({ isAlways: event.currentTarget.checked })}
      />
      {!values.isAlways && (
        <fieldset disabled={isReadOnly} className={css.hours}>
          <Week week={values.week} onChange={(week) => set({ week })} />
          <Dates dates={values.dates} onChange={(dates) => set({ dates })} />
        </fieldset>
      )}
      {form.errors.week && (
        <p className={css.wrong} role="alert">
          {form.errors.week}
        </p>
      )}
    </FormCard>
  );
}

/** As saved: what visitors and flows go by at this moment. */
function OpenNow({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { is_open, until } = settings.open;
  const when = until === null ? '' : format.in(settings.timezone, until);
  const text = is_open
    ? until === null
      ? t('hours.openAlways')
      : t('hours.openUntil', { when })
    : until === null
      ? t('hours.closedAlways')
      : t('hours.closedUntil', { when });
  return (
    <p className={css.now} data-open={is_open} role="status">
      {text}
    </p>
  );
}

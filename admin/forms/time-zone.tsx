// The clock a workspace goes by.
import { Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

type TimeZoneProps = { label: string; description?: string; value?: string; error?: ReactNode; disabled: boolean; onChange: (zone: string | null) => void };

export function TimeZone({ value = 'UTC', ...rest }: TimeZoneProps) {
  const { t } = useTranslation();
  // As the browser knows them; one that it does not know stays as it is.
  const zones = [...new Set(['UTC', value, ...Intl.supportedValuesOf('timeZone')])];
  return <Select data={zones} value={value} searchable nothingFoundMessage={t('form.nothingFound')} allowDeselect={false} {...rest} />;
}

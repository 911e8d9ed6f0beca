// The websites a widget may stand on. Whatever is pasted becomes the origin it means; what is none is said at once.
import '@mantine/core/styles/Pill.layer.css';
import '@mantine/core/styles/PillsInput.layer.css';
import { TagsInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { toOrigin } from './rules.ts';

type OriginsProps = { value: string[]; error?: ReactNode; disabled?: boolean; onChange: (value: string[]) => void };

export function Origins({ value, error, disabled, onChange }: OriginsProps) {
  const { t } = useTranslation();
  const [refused, setRefused] = useState<string | null>(null);
  const take = (entries: string[]) => {
    const origins = entries.map((entry) => ({ entry, origin: toOrigin(entry) }));
    setRefused(origins.find(({ origin }) => origin === null)?.entry ?? null);
    onChange([...new Set(origins.flatMap(({ origin }) => origin ?? []))]);
  };
  return (
    <TagsInput
      label={t('sites.origins')}
      description={t('sites.originsHint')}
      placeholder={value.length === 0 ? 'https://shop.example' : ''}
      value={value}
      onChange={take}
      onSearchChange={() => setRefused(null)}
      splitChars={[',', ' ', ';']}
      maxTags={100}
      disabled={disabled ?? false}
      error={refused !== null ? t('sites.originRefused', { origin: refused }) : error}
      comboboxProps={{ disabled: true }}
      data-path="origins"
    />
  );
}

// One tag or label to narrow a list by, found by what is typed: a bot may have more than one list could show.
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Mark } from '../../api/replies.ts';
import { usePlace } from '../../place.ts';
import { oneOf, useList } from '../../queries.ts';

export function MarkFilter({ kind, value, onChange }: { kind: 'tags' | 'labels'; value: string | undefined; onChange: (id: string | undefined) => void }) {
  const { t } = useTranslation();
  const { place, botPlace } = usePlace();
  const at = kind === 'tags' ? botPlace : place;
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text, 250);
  const chosen = useQuery({ ...oneOf<Mark>(`/${kind}/${value}`, at), enabled: value !== undefined }).data;
  const { rows } = useList<Mark>(`/${kind}`, at, { q: q === chosen?.name ? '' : q, sort: 'name' });
  const marks = new Map([chosen, ...(rows ?? [])].flatMap((mark) => (mark ? [[String(mark.id), mark.name] as const] : [])));
  return (
    <Select
      aria-label={t(`subscribers.${kind}`)}
      placeholder={t(`subscribers.any.${kind}`)}
      data={[...marks].map(([id, label]) => ({ value: id, label }))}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      searchable
      onSearchChange={setText}
      filter={({ options }) => options}
      nothingFoundMessage={t('form.nothingFound')}
      clearable
      w={150}
    />
  );
}

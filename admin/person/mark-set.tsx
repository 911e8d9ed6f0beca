// The tags or labels of somebody: taken off with one click, put on by choosing.
import { CloseButton, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Mark, Subscriber } from '../api/replies.ts';
import { usePlace } from '../place.ts';
import { useList } from '../queries.ts';
import { toastFailed } from '../ui/toast.tsx';
import css from './person.module.css';
import { useChange } from './use-change.ts';

export function MarkSet({ kind, one }: { kind: 'tags' | 'labels'; one: Subscriber }) {
  const { t } = useTranslation();
  const { place, botPlace, may } = usePlace();
  const change = useChange(one.id);
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text, 250);
  const canEdit = may('subscribers.mark');
  const { rows } = useList<Mark>(`/${kind}`, kind === 'tags' ? botPlace : place, { q, sort: 'name' });
  const held = one[kind];
  const put = (how: 'add' | 'remove', name: string) => change.mutate({ [`${how}_${kind}`]: [name] }, { onError: toastFailed });
  return (
    <div className={css.markSet}>
      <h3>{t(`person.${kind}`)}</h3>
      <ul className={css.marks} aria-label={t(`person.${kind}`)}>
        {held.map((name) => (
          <li key={name}>
            {name}
            {canEdit && <CloseButton size="xs" aria-label={t('person.takeOff', { name })} onClick={() => put('remove', name)} />}
          </li>
        ))}
        {held.length === 0 && <li className={css.noMark}>{t('person.noMarks')}</li>}
      </ul>
      {canEdit && (
        <Select
          size="xs"
          aria-label={t(`person.add.${kind}`)}
          placeholder={t(`person.add.${kind}`)}
          data={(rows ?? []).map((mark) => mark.name).filter((name) => !held.includes(name))}
          value={null}
          searchValue={text}
          onSearchChange={setText}
          onChange={(name) => {
            if (name !== null) put('add', name);
            setText('');
          }}
          searchable
          filter={({ options }) => options}
          nothingFoundMessage={t('form.nothingFound')}
          maw={220}
        />
      )}
    </div>
  );
}

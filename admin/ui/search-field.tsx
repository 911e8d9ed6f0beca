// Finding in a list: what is typed goes into the address once the hand rests.
import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from './icon.tsx';

type SearchFieldProps = { label: string; value: string; onChange: (text: string) => void; maxWidth?: string };

export function SearchField({ label, value, onChange, maxWidth = '20rem' }: SearchFieldProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const said = useRef(value);
  const say = useDebouncedCallback((next: string) => {
    said.current = next;
    onChange(next);
  }, 250);
  // The address changed by other means: back, a link.
  useEffect(() => {
    if (value !== said.current) setText(value);
    said.current = value;
  }, [value]);
  const change = (next: string) => {
    setText(next);
    say(next);
  };
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      leftSection={<Icon name="search" size={15} />}
      rightSection={text !== '' && <CloseButton size="sm" aria-label={t('list.clear')} onClick={() => change('')} />}
      miw={0}
      flex="1 1 12rem"
      maw={maxWidth}
    />
  );
}

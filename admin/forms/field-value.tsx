// A value of a field: typed as its type wants it, and shown as people read it. It travels as the text the server keeps.
import { Select, Textarea, TextInput } from '@mantine/core';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Field } from '../api/replies.ts';
import type { useFormat } from '../format.ts';

type FieldValueProps = {
  type: Field['type'];
  label?: string;
  'aria-label'?: string;
  description?: string;
  value?: string;
  error?: ReactNode;
  disabled?: boolean;
  onChange: (value: string) => void;
  onBlur?: () => void;
};

export function FieldValueInput({ type, value = '', onChange, ...rest }: FieldValueProps) {
  const { t } = useTranslation();
  if (type === 'boolean') {
    const data = (['true', 'false'] as const).map((one) => ({ value: one, label: t(`field.${one}`) }));
    return <Select data={data} clearable value={value === '' ? null : value} onChange={(next) => onChange(next ?? '')} {...rest} />;
  }
  if (type === 'longtext' || type === 'array') {
    const look = type === 'array' ? { placeholder: '["a", "b"]', classNames: { input: 'mono' } } : {};
    return <Textarea rows={4} value={value} onChange={(event) => onChange(event.currentTarget.value)} {...look} {...rest} />;
  }
  if (type === 'datetime') {
    return (
      <TextInput
        type="datetime-local"
        value={localOf(value)}
        onChange={(event) => onChange(momentOf(event.currentTarget.value))}
        autoComplete="off"
        {...rest}
      />
    );
  }
  const kind = type === 'date' ? 'date' : 'text';
  const keys = type === 'number' ? 'decimal' : 'text';
  return <TextInput type={kind} inputMode={keys} value={value} onChange={(event) => onChange(event.currentTarget.value)} autoComplete="off" {...rest} />;
}

/** A moment in the clock of whoever looks at it, as the browser's own input wants it. */
export function localOf(value: string): string {
  const at = Date.parse(value);
  if (Number.isNaN(at)) return '';
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function momentOf(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? '' : `${at.toISOString().slice(0, 19)}+00:00`;
}

export function shownValue(type: Field['type'], value: string, t: TFunction, format: ReturnType<typeof useFormat>): string {
  if (value === '') return '';
  if (type === 'boolean') return t(value === 'true' ? 'field.true' : 'field.false');
  if (type === 'datetime') return format.moment(Date.parse(value));
  return type === 'date' ? format.date(Date.parse(`${value}T12:00:00`)) : value;
}

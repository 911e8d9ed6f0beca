// Values of fields. They travel as text at the doors and are kept as canonical text: the one place that knows which
// text is a number, a date or a list. The canonical form of a canonical text is itself.
import type { Value } from './expression/value.ts';

import { isShallow } from './expression/value.ts';

export const fieldTypes = ['text', 'longtext', 'number', 'boolean', 'date', 'datetime', 'array'] as const;
export type FieldType = (typeof fieldTypes)[number];

export const displayTypes = ['default', 'pin', 'hidden'] as const;
export type DisplayType = (typeof displayTypes)[number];

/** `expected` completes a sentence: "The value field must be …". */
export type FieldValue = { ok: true; text: string } | { ok: false; expected: string };

/** What turns can set, by name; null = whatever they like, where there is no bot behind the flow. */
export type KnownFields = { [owner in 'subscriber' | 'bot']: ReadonlyMap<string, FieldType> } | null;

const maxText = 64 * 1024;

type Form = { expected: string; read: (text: string) => string | null };

const anyText: Form = { expected: 'a text', read: (text) => text };

const forms: Record<FieldType, Form> = {
  text: anyText,
  longtext: anyText,
  number: { expected: 'a number', read: readNumber },
  boolean: { expected: 'true or false', read: readBoolean },
  date: { expected: 'a date such as 2018-07-18', read: readDate },
  datetime: { expected: 'a date and time such as 2018-07-02T00:00:00+00:00', read: readDateTime },
  array: { expected: 'a list, as JSON', read: (text) => writeJson(parseJson(text)) },
};

/** The canonical text of a JSON value someone sent, or what was expected instead. Null is the empty text, which every type has. */
export function canonicalFieldValue(type: FieldType, value: unknown): FieldValue {
  if (value === null || value === '') return { ok: true, text: '' };
  const { expected, read } = forms[type];
  const given = asText(value);
  const text = given === null ? null : read(given);
  if (text === null) return { ok: false, expected };
  return text.length <= maxText ? { ok: true, text } : { ok: false, expected: `${expected}, of at most ${maxText} characters` };
}

function asText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : writeJson(value);
}

function readNumber(text: string): string | null {
  const isNumeral = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text.trim());
  return isNumeral && Number.isFinite(Number(text)) ? String(Number(text)) : null;
}

function readBoolean(text: string): string | null {
  const word = text.trim().toLowerCase();
  if (word === 'true' || word === '1' || word === 'yes') return 'true';
  return word === 'false' || word === '0' || word === 'no' ? 'false' : null;
}

function readDate(text: string): string | null {
  const day = text.trim();
  const midnight = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  // The 30th of February parses, as the 2nd of March.
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day) ? day : null;
}

const dateTime = /^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d{1,9})?)? ?(?:Z|([+-](?:[01]\d|2[0-3])):?([0-5]\d))?$/i;

// Without an offset it is UTC; an offset is folded in, so that equal moments are equal texts and later ones sort after.
function readDateTime(text: string): string | null {
  const [, day = '', hour, minute, second = '00', offsetHour = '+00', offsetMinute = '00'] = dateTime.exec(text.trim()) ?? [];
  if (readDate(day) === null) return null;
  const moment = new Date(Date.parse(`${day}T${hour}:${minute}:${second}${offsetHour}:${offsetMinute}`)).toISOString();
  // An offset may lead out of the years that four digits can write.
  return moment.length === 24 ? `${moment.slice(0, 19)}+00:00` : null;
}

function writeJson(value: unknown): string | null {
  // The platform parses nesting it cannot print, so the depth is looked at first.
  return typeof value === 'object' && value !== null && isShallow(value) ? JSON.stringify(value) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A kept value as expressions see it; an empty text is nothing. */
export function fieldValueOf(type: FieldType, text: string): Value {
  if (text === '') return null;
  if (type === 'number') return Number(text);
  if (type === 'boolean') return text === 'true';
  return type === 'array' ? ((parseJson(text) as Value | undefined) ?? null) : text;
}

/** What a field is once this has been set, or why it is not. */
export function keptValue(
  known: KnownFields,
  owner: 'subscriber' | 'bot',
  name: string,
  value: Value,
): { ok: true; value: Value } | { ok: false; why: string } {
  if (known === null) return { ok: true, value };
  const type = known[owner].get(name);
  if (type === undefined) return { ok: false, why: `there is no field ${owner}.${name}` };
  const found = canonicalFieldValue(type, value);
  return found.ok ? { ok: true, value: fieldValueOf(type, found.text) } : { ok: false, why: `the field ${owner}.${name} takes ${found.expected}` };
}

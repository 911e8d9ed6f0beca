// Text.

import parsePhoneNumber from 'libphonenumber-js/min';
import type { Functions } from '../functions.ts';
import { matchRegex } from '../regex.ts';
import { numberOf, textOf } from '../value.ts';

const maxRepeat = 10_000;

export const textFunctions: Functions = {
  default: ([value = null, fallback = null]) => (value === null || value === '' ? fallback : value),
  string: ([value = null]) => (value === null ? null : textOf(value)),
  // In a message: write the value as it is, markup included.
  raw: ([value = null]) => value,
  upper: ([value = null]) => (value === null ? null : textOf(value).toUpperCase()),
  lower: ([value = null]) => (value === null ? null : textOf(value).toLowerCase()),
  title: ([value = null]) =>
    value === null
      ? null
      : textOf(value)
          .toLowerCase()
          .replace(/(^|[\s-])\p{L}/gu, (start) => start.toUpperCase()),
  trim: ([value = null]) => (value === null ? null : textOf(value).trim()),
  slug: ([value = null]) =>
    value === null
      ? null
      : textOf(value)
          .normalize('NFKD')
          .replace(/\p{M}/gu, '')
          .toLowerCase()
          .replace(/[^\p{L}\p{N}]+/gu, '-')
          .replace(/^-+|-+$/g, ''),
  replace: ([value = null, from = null, to = null]) =>
    value === null ? null : from === null || from === '' ? textOf(value) : textOf(value).replaceAll(textOf(from), () => textOf(to)),
  split: ([value = null, by = null]) => (value === null ? null : textOf(value).split(by === null ? ',' : textOf(by), 1000)),
  contains: ([value = null, part = null]) => (Array.isArray(value) ? value.some((one) => textOf(one) === textOf(part)) : textOf(value).includes(textOf(part))),
  startsWith: ([value = null, start = null]) => textOf(value).startsWith(textOf(start)),
  endsWith: ([value = null, end = null]) => textOf(value).endsWith(textOf(end)),
  matches: ([value = null, pattern = null]) => matchRegex(textOf(pattern), textOf(value)) !== null,
  regex_extract: ([value = null, pattern = null, group = null]) => matchRegex(textOf(pattern), textOf(value))?.[numberOf(group) ?? 0] ?? null,
  pad: ([value = null, width = null, fill = null]) => textOf(value).padStart(Math.min(numberOf(width) ?? 0, maxRepeat), textOf(fill) || ' '),
  // Shows the last four signs (or as many as asked), and how many there were.
  mask: ([value = null, shown = null]) => {
    const signs = [...textOf(value)];
    const keep = Math.max(0, Math.min(signs.length, numberOf(shown) ?? 4));
    return `${'•'.repeat(signs.length - keep)}${signs.slice(signs.length - keep).join('')}`;
  },
  phone: ([value = null, country = null]) => {
    const found = parsePhoneNumber(textOf(value), country === null ? undefined : { defaultCountry: textOf(country).toUpperCase() as 'DE' });
    return found?.isValid() ? found.number : null;
  },
};

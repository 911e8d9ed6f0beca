// Text with `{{ expression }}` in it. The slot a text goes to decides how a value is written there, so that nothing
// a visitor types can change the meaning of a URL, a header, a JSON document or a message's markup.

import { textOf, type Value } from './expression/value.ts';
import { type Compiled, callsIn, compile, evaluate, type Scope, type Surroundings } from './expression.ts';

export type Slot = 'plain' | 'markdown' | 'url' | 'query' | 'header' | 'form' | 'html';

/** `isRaw`: in a message it is written as it is, markup included. */
export type Part = string | { source: string; at: number; compiled: Compiled; isRaw: boolean };

const maxKept = 2_000;
/** One more than a variable may have, so that what is too long is refused there and not cut. */
const maxRendered = 64 * 1024 + 1;
const kept = new Map<string, Part[]>();

/** The literal and computed parts of a template, in order. */
export function partsOf(template: string): Part[] {
  const known = kept.get(template);
  if (known) return known;
  const parts = split(template);
  if (kept.size >= maxKept) kept.delete(kept.keys().next().value ?? '');
  kept.set(template, parts);
  return parts;
}

function split(template: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (let open = template.indexOf('{{'); open !== -1; open = template.indexOf('{{', from)) {
    const close = closeOf(template, open + 2);
    if (close === -1) break;
    if (open > from) parts.push(template.slice(from, open));
    const source = template.slice(open + 2, close).trim();
    const compiled = compile(source);
    parts.push({ source, at: open + 2, compiled, isRaw: callsIn(compiled).includes('raw') });
    from = close + 2;
  }
  if (from < template.length) parts.push(template.slice(from));
  return parts;
}

/** The next `}}` outside quotes and maps. */
function closeOf(template: string, from: number): number {
  let quote = '';
  let depth = 0;
  for (let at = from; at < template.length; at += 1) {
    const sign = template[at] as string;
    if (quote !== '') {
      if (sign === '\\') at += 1;
      else if (sign === quote) quote = '';
    } else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '{') depth += 1;
    else if (sign === '}' && depth > 0) depth -= 1;
    else if (sign === '}' && template[at + 1] === '}') return at;
  }
  return -1;
}

export function renderText(template: string, slot: Slot, scope: Scope, around: Surroundings): string {
  let text = '';
  for (const part of partsOf(template)) {
    if (typeof part === 'string') text += part;
    else text += encode(evaluate(part.compiled, scope, around), slot, part.isRaw);
    if (text.length > maxRendered) return text.slice(0, maxRendered);
  }
  return slot === 'header' ? text.replace(/[\r\n\0]+/g, ' ') : text;
}

/** A template that is exactly one expression keeps the value's kind; anything else is text. */
export function renderValue(template: string, scope: Scope, around: Surroundings): Value {
  const parts = partsOf(template);
  const only = parts.length === 1 ? parts[0] : undefined;
  if (only !== undefined && typeof only !== 'string') return evaluate(only.compiled, scope, around);
  return renderText(template, 'plain', scope, around);
}

/** Every text inside a JSON value as a template: typed slots, never text pasted into JSON. */
export function renderJson(value: Value, scope: Scope, around: Surroundings): Value {
  if (typeof value === 'string') return renderValue(value, scope, around);
  if (Array.isArray(value)) return value.map((one) => renderJson(one, scope, around));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, renderJson(one, scope, around)]));
}

function encode(value: Value, slot: Slot, isRaw: boolean): string {
  const text = textOf(value);
  switch (slot) {
    case 'plain':
    case 'header':
      return text;
    case 'markdown':
      return isRaw ? text : escapeMarkdown(text);
    case 'url':
    case 'query':
      return percent(text);
    case 'form':
      return percent(text).replaceAll('%20', '+');
    case 'html':
      return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  }
}

export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_~[\]]/g, (sign) => `\\${sign}`);
}

// A dot segment would climb out of its place in a path.
function percent(text: string): string {
  const encoded = encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return encoded === '.' || encoded === '..' ? encoded.replaceAll('.', '%2E') : encoded;
}

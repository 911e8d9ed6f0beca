// The platform family's shapes, in one place: lists with links and meta, one object three ways at once, Data,
// Ok, and what its clients may send loosely. A new resource is put together from these.
import { fieldTypes } from '@parley/engine/field.ts';
import { z } from 'zod';
import type { Context } from '../../http/route.ts';
import type { Page, PageAsk } from '../../store/pages.ts';

/** Null and the empty text count as absent, as the family's clients send them. */
export function optional<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional()).optional();
}

/** A whole number, also as the text that a query or a form field carries. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const read = (value: unknown) => (typeof value === 'string' && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value);
  return z.preprocess(read, z.int().min(min).max(max));
}

const flags = new Map<unknown, boolean>([
  ...[1, '1', 'true', 'yes', 'on'].map((word) => [word, true] as const),
  ...[0, '0', 'false', 'no', 'off'].map((word) => [word, false] as const),
]);

/** True or false, also as 1 or 0 and as the words of a form. */
export const flag = z.preprocess((value) => flags.get(value) ?? value, z.boolean());

export const name = z.string().trim().min(1).max(255);

/** An id such as `f1t2`. One that is none is just not found. */
export const anyNs = z.string().trim().min(1).max(64);

/** A field's value as clients send it; engine/field.ts says whether it fits the type. */
export const fieldValue = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.unknown()), z.record(z.string(), z.unknown()), z.null()])
  .meta({ id: 'FieldValue', description: 'A text, number, truth value or list; always read back as text.' });

/** What a user field and a bot field are both created from. */
export const fieldInput = {
  name,
  var_type: z.enum(fieldTypes),
  description: optional(z.string().max(1000)),
  value: fieldValue,
};

/** Lists of a bulk operation: the family takes 20. */
export function bulk<S extends z.ZodType>(row: S) {
  return z.array(row).min(1).max(20);
}

/** What a list takes: its own filters, `limit` (alias `per_page`) and `page`, with the family's bounds. */
export function listQuery<S extends z.ZodRawShape>(filters: S) {
  return z.object({
    ...filters,
    limit: optional(wholeNumber(1, 100)).describe('Rows per page, 1 to 100; 10 when absent.'),
    per_page: optional(wholeNumber(1, 100)).describe('Another name for limit.'),
    page: optional(wholeNumber(1)).describe('From 1; a page past the end is empty.'),
  });
}

export const nameFilter = { name: optional(z.string().max(255)).describe('Only names that contain this text, whatever its case.') };

export function pageAsk(query: { limit?: number | undefined; per_page?: number | undefined; page?: number | undefined }): PageAsk {
  return { limit: query.limit ?? query.per_page ?? 10, page: query.page ?? 1 };
}

const status = z.literal('ok');

export const ok = z.object({ status }).meta({ id: 'ResponseOk' });
export const okReply = { status: 'ok' as const };

/** `Data<X>`: the object under `data` and nowhere else. */
export function dataOf<T extends z.ZodType>(row: T) {
  return z.object({ data: row, status });
}

export function dataReply<T>(row: T) {
  return { data: row, status: 'ok' as const };
}

/** One object for every client: its keys at the top, again under `data`, and `status`. */
export function oneOf<S extends z.ZodRawShape>(row: z.ZodObject<S>) {
  return z.object({ ...row.shape, data: row, status });
}

export function oneReply<T extends object>(row: T) {
  return { ...row, data: row, status: 'ok' as const };
}

const link = z.string().nullable();
const links = z.object({ first: link, last: link, prev: link, next: link }).meta({ id: 'Links' });
const meta = z
  .object({ current_page: z.int(), from: z.int().nullable(), last_page: z.int(), per_page: z.int(), to: z.int().nullable(), total: z.int() })
  .meta({ id: 'Meta' });

export function listOf<T extends z.ZodType>(row: T) {
  return z.object({ data: z.array(row), links, meta, status });
}

export function listReply<Row, Shown>(
  context: Pick<Context<unknown, unknown, unknown>, 'app' | 'request'>,
  ask: PageAsk,
  page: Page<Row>,
  show: (row: Row) => Shown,
) {
  const lastPage = Math.max(1, Math.ceil(page.total / ask.limit));
  const url = new URL(context.request.url, context.app.config.publicUrl);
  const at = (number: number): string => {
    url.searchParams.set('page', String(number));
    return url.href;
  };
  const from = page.rows.length === 0 ? null : (ask.page - 1) * ask.limit + 1;
  return {
    data: page.rows.map(show),
    links: {
      first: at(1),
      last: at(lastPage),
      prev: ask.page > 1 ? at(Math.min(ask.page - 1, lastPage)) : null,
      next: ask.page < lastPage ? at(ask.page + 1) : null,
    },
    meta: { current_page: ask.page, from, last_page: lastPage, per_page: ask.limit, to: from === null ? null : from + page.rows.length - 1, total: page.total },
    status: 'ok' as const,
  };
}

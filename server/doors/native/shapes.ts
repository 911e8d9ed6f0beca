// The native door's shapes, in one place: ids in paths, lists with a cursor, and texts that many resources share.
import { type IdKind, parseNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { type Access, authorise, roles, scopes, type Tenant } from '../../auth.ts';
import type { Context } from '../../http/route.ts';
import type { CursorAsk, CursorPage, Sort } from '../../store/pages.ts';

export const idParams = z.object({
  id: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
});

/** A thing of a bot is named `7` or `f1t7`. */
export const thingParams = z.object({ id: z.string().regex(/^(\d{1,15}|f\d{1,15}[a-z]{1,2}\d{1,15})$/) });

/** The number of what `thingParams` names; 0, which nothing has, for another kind or another bot's. */
export function thingId(kind: IdKind, { botId }: Tenant, id: string): number {
  return /^\d/.test(id) ? Number(id) : (parseNs(kind, botId, id) ?? 0);
}

/** A bot is named `12` or `f12`, in paths and bodies alike. */
const botText = z
  .string()
  .regex(/^f?\d{1,15}$/)
  .transform((text) => Number(text.replace('f', '')));

export const botParams = z.object({ id: botText });
export const botId = z.union([z.int().min(0), botText]);

/** The tenant of a call whose path or body names the workspace, judged as if a header had named it. */
export function inWorkspace({ app, caller }: Pick<Context<unknown, unknown, unknown>, 'app' | 'caller'>, access: Access, workspaceId: number): Promise<Tenant> {
  return authorise(app.db, caller, access, { botId: null, workspaceId, botHeader: 'X-Bot', workspaceHeader: 'X-Workspace' });
}

export const name = z.string().trim().min(1).max(255);
export const email = z.string().trim().pipe(z.email().max(254));
export const newPassword = z.string().max(1000).describe('At least 10 characters, or 8 with upper and lower case letters, a digit and a symbol.');
export const image = z
  .string()
  .regex(/^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/, { abort: true, error: 'The image must be a data URL of a PNG, JPEG, GIF or WebP.' })
  .max(64 * 1024)
  .nullable()
  .describe('A small picture as a data URL, at most 64 kB; null removes it.');

export const language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/)
  .describe('BCP 47, such as en or pt-BR.');

const digits = (min: number, max: number) => z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(min).max(max));

/** A moment in a query, in milliseconds since 1970. */
export const moment = digits(0, Number.MAX_SAFE_INTEGER);

/** `limit` and `cursor` with the resource's filters; empty values count as absent. */
export function listQuery<S extends z.ZodRawShape>(filters: S) {
  const schema = z.object({
    ...filters,
    limit: digits(1, 200).optional().describe('Rows per page, 1 to 200; 50 when absent.'),
    cursor: z.string().max(2_000).optional().describe('What `next` of the page before said.'),
  });
  return z.preprocess(dropEmpty, schema) as unknown as typeof schema;
}

function dropEmpty(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value as object).filter(([, one]) => one !== ''));
}

export const search = { q: z.string().max(255).optional().describe('Only those whose name (or e-mail) contains this text, whatever its case.') };

/** The orders a list offers; the first is the usual one. */
export function sortBy<const S extends readonly [Sort, ...Sort[]]>(...offered: S) {
  return { sort: z.enum(offered).optional().describe(`\`${offered[0]}\` when absent.`) };
}

export function cursorAsk(query: { limit?: number | undefined; cursor?: string | undefined; sort?: Sort | undefined }): CursorAsk {
  return { limit: query.limit ?? 50, cursor: query.cursor, sort: query.sort };
}

/** How many people who have a tag or label are counted. */
export const maxHolders = 1_000;

export const time = z.int().describe('Milliseconds since 1970, UTC.');
export const role = z.enum(roles);
export const scope = z.enum(scopes);

export function listOf<T extends z.ZodType>(row: T) {
  return z.object({ data: z.array(row), next: z.string().nullable().describe('The cursor of the next page; null on the last.') });
}

export function listReply<Row, Shown>(page: CursorPage<Row>, show: (row: Row) => Shown) {
  return { data: page.rows.map(show), next: page.next };
}

// Links to files, signed: whoever has one may read the file for a quarter of an hour. What was said with one in it is shown
// with a new one, as long as the file is of the same person.
import type { FileRef } from '@parley/engine/message.ts';
import type { App } from '../app.ts';
import { AppError } from '../errors.ts';
import { equalSecrets } from '../secrets.ts';
import type { Conversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { type FileRow, filesOfSubscriber, findPublicFile } from '../store/files.ts';
import type { MessageRow } from '../store/messages.ts';

const minuteMs = 60_000;
const linkMs = 15 * minuteMs;

/** As flows and messages hold it. The link in it is good for a while; whoever shows it signs a new one. */
export function refOf(app: App, file: FileRow): FileRef {
  return { id: file.public_id, name: file.name, type: file.type, size: file.size, url: signedUrl(app, file) };
}

export type Disposition = 'inline' | 'attachment';

/** Anyone who has it may read the file until it is over. The same for a minute, so that a browser keeps what it has read. */
export function signedUrl(
  app: Pick<App, 'config' | 'clock' | 'secrets'>,
  file: Pick<FileRow, 'public_id'>,
  { disposition = 'attachment', ttlMs = linkMs }: { disposition?: Disposition; ttlMs?: number } = {},
): string {
  const exp = Math.floor((app.clock.now() + ttlMs) / minuteMs) * (minuteMs / 1000);
  const query = `exp=${exp}&sig=${signatureOf(app, file.public_id, disposition, exp)}`;
  return `${app.config.publicUrl}/f/${file.public_id}?${query}${disposition === 'inline' ? '&d=inline' : ''}`;
}

function signatureOf({ secrets }: Pick<App, 'secrets'>, publicId: string, disposition: Disposition, exp: number): string {
  return secrets.mac('file', `${publicId} ${disposition} ${exp}`);
}

/** Null for a file that is not there and for a link that was not made here, alike. */
export async function fileOfLink(
  app: App,
  publicId: string,
  link: { exp: string; sig: string; disposition: Disposition },
): Promise<{ file: FileRow; leftMs: number } | null> {
  const exp = /^\d{1,12}$/.test(link.exp) ? Number(link.exp) : 0;
  if (!equalSecrets(link.sig, signatureOf(app, publicId, link.disposition, exp))) return null;
  const leftMs = exp * 1000 - app.clock.now();
  if (leftMs <= 0) throw new AppError('gone', 'This link is over. Open the conversation again for a new one.');
  const file = await findPublicFile(app.db, publicId);
  return file && { file, leftMs };
}

const link = /https?:\/\/[^\s"'<>()]{1,300}?\/f\/([\w-]{1,100})\?exp=(\d{1,12})&sig=([\w-]{1,100})(&d=inline)?/g;
/** Of a page of messages. */
const maxRenewed = 500;

/**
 * What bot and team have said, its links good again. Only to files that this person sent or was sent: a link that somebody
 * else had, and pasted here, stays over.
 */
export async function withFreshLinks(app: App, db: Db, conversation: Conversation, rows: readonly MessageRow[]): Promise<readonly MessageRow[]> {
  const linked = rows.filter((row) => row.direction !== 'in' && row.body.includes('/f/'));
  const ids = new Set(linked.flatMap(({ body }) => [...body.matchAll(link)].map(([, id = '']) => id)));
  if (ids.size === 0) return rows;
  const found = await filesOfSubscriber(db, conversation.bot_id, conversation.subscriber_id, conversation.id, [...ids].slice(0, maxRenewed));
  const theirs = new Set(found.map((file) => file.public_id));
  const renewed = (text: string): string =>
    text.replace(link, (old: string, id: string, exp: string, sig: string, inline?: string) => {
      const disposition = inline ? 'inline' : 'attachment';
      const isOurs = theirs.has(id) && equalSecrets(sig, signatureOf(app, id, disposition, Number(exp)));
      return isOurs ? signedUrl(app, { public_id: id }, { disposition }) : old;
    });
  const stale = new Set(linked);
  return rows.map((row) => (stale.has(row) ? { ...row, body: renewed(row.body), text: renewed(row.text) } : row));
}

// Who calls a flow that waits can be asked to sign: an HMAC over the bytes of the body, by a secret of the workspace. The
// secret is derived and never kept; replacing it counts its generation up.
import { createHmac } from 'node:crypto';
import type { App } from '../app.ts';
import { record } from '../events.ts';
import { equalSecrets } from '../secrets.ts';
import type { Db } from '../store/database.ts';
import { readSetting, writeSetting } from '../store/settings.ts';

const setting = 'webhook_generation';

/** The header it stands in, as `sha256=` and 64 hexadecimal digits; the second is what GitHub calls it. */
export const signatureHeaders = ['x-signature', 'x-hub-signature-256'] as const;

/** What came, byte by byte, and what it is said to be signed with. */
export type Signed = { bytes: Buffer; signature: string };

export async function readWebhookSecret({ secrets }: App, db: Db, workspaceId: number): Promise<string> {
  const generation = (await readSetting<number>(db, workspaceId, setting)) ?? 1;
  return `whsec_${secrets.mac('webhook-signature', `${workspaceId}:${generation}`)}`;
}

/** The one before is worth nothing from now on. */
export async function replaceWebhookSecret(app: App, tx: Db, workspaceId: number): Promise<string> {
  await writeSetting(tx, workspaceId, setting, ((await readSetting<number>(tx, workspaceId, setting)) ?? 1) + 1);
  await record(app, tx, { kind: 'settings.updated', workspaceId, subject: `workspace:${workspaceId}`, data: { changed: ['webhook_secret'] } });
  return readWebhookSecret(app, tx, workspaceId);
}

export async function isSigned(app: App, workspaceId: number, { bytes, signature }: Signed): Promise<boolean> {
  const given = /^sha256=([0-9a-f]{64})$/i.exec(signature.trim())?.[1]?.toLowerCase();
  if (given === undefined) return false;
  const secret = await readWebhookSecret(app, app.db, workspaceId);
  return equalSecrets(given, createHmac('sha256', secret).update(bytes).digest('hex'));
}

// Another system calls back: the address a flow gave out wakes the session that waits for it, once. The address names the
// conversation; its secret is of one session, one block and one wait.
import type { Value } from '@parley/engine/expression/value.ts';
import type { Session } from '@parley/engine/session.ts';
import type { App } from '../app.ts';
import { AppError } from '../errors.ts';
import { equalSecrets } from '../secrets.ts';
import { findConversation } from '../store/conversations.ts';
import { findSession } from '../store/sessions.ts';
import { wakeSession } from './wake-session.ts';
import { type Called, webhookToken } from './webhook-addresses.ts';
import { isSigned, type Signed } from './webhook-signatures.ts';

/** Of one session; older ones are no longer told from addresses that never were. */
const mostTokens = 1_000;

/** 401 where a signature is asked for and there is none that holds, 404 for an address nobody gave out, 409 for one that nobody waits at: used, expired, or not yet. */
export async function callWebhook(app: App, called: Called, data: Value, signed: Signed): Promise<void> {
  const { botId, conversationId, token } = called;
  const conversation = await findConversation(app.db, botId, conversationId);
  const row = conversation?.session_id == null ? null : await findSession(app.db, conversationId, conversation.session_id);
  const state = row && (JSON.parse(row.state) as Session);
  if (!conversation || !row || !state || !isGivenOut(app, conversationId, state, token)) throw new AppError('not_found', 'Nobody gave out this address.');
  const isHeld = await isSigned(app, conversation.workspace_id, signed);
  const { wait } = state;
  if (wait?.kind === 'webhook' && wait.token === token && wait.signed && !isHeld)
    throw new AppError('unauthorized', 'The flow asks for a signature: sha256= and the HMAC-SHA256 of the body, in X-Signature.');
  const step = await app.transact((tx) =>
    wakeSession(app, tx, { botId, conversationId, sessionId: row.id }, { kind: 'webhook', token, data, isSigned: isHeld }),
  );
  if (step === null) throw new AppError('conflict', 'Nobody waits at this address: it was called already, its time is up, or it is too early.');
}

// The next one as well: it is told before the block that waits is reached.
function isGivenOut(app: App, conversationId: number, { seed, tokens }: Session, token: string): boolean {
  for (let n = Math.max(1, tokens + 2 - mostTokens); n <= tokens + 1; n += 1)
    if (equalSecrets(token, webhookToken(app, conversationId, `${seed}:${n}`))) return true;
  return false;
}

// Hands one e-mail to the server that SMTP_URL names, over a connection that egress has opened. Says what became of it:
// once the content is on its way and no answer comes, nobody can know.
import { Readable } from 'node:stream';
import type SmtpConnection from 'nodemailer/lib/smtp-connection';
import { dial, type Egress, EgressError, resolveBySystem } from './connect.ts';
import { onlyTo } from './policy.ts';

export type Mail = {
  from: string;
  /** One bare address. */
  to: string;
  subject: string;
  text: string;
  html: string | null;
  /** The same mail sent again has the same, so that whoever receives both can tell. */
  id: string;
};

/** `refused` for good, `later` when nothing happened and another try may help, `unknown` when it may have been sent. */
export type Posted = { kind: 'sent' } | { kind: 'refused' | 'later' | 'unknown'; error: string };

/** `waitMs` is for each answer of the server. */
export type Post = { smtpUrl: string; resolve?: Egress['resolve']; waitMs?: number };

const connectMs = 5_000;
const usualWaitMs = 8_000;
// Under the 25 s of a worker's lease: should it be lost, nobody sends the same beside us.
const totalMs = 20_000;

type Server = { host: string; port: number; isSecure: boolean; auth: { user: string; pass: string } | null; wish: 'tls' | 'plain' | null };

/** `?requireTLS=true` insists on encryption (as a password does), `?ignoreTLS=true` goes without, for a server next door. */
function serverOf(smtpUrl: string): Server {
  const url = new URL(smtpUrl);
  const isSecure = url.protocol === 'smtps:';
  const wishes = (name: string): boolean => url.searchParams.get(name) === 'true';
  return {
    host: url.hostname,
    port: Number(url.port) || (isSecure ? 465 : 587),
    isSecure,
    auth: url.username === '' ? null : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    wish: wishes('ignoreTLS') ? 'plain' : wishes('requireTLS') || url.username !== '' ? 'tls' : null,
  };
}

export async function postMail({ smtpUrl, resolve = resolveBySystem, waitMs = usualWaitMs }: Post, mail: Mail): Promise<Posted> {
  const server = serverOf(smtpUrl);
  const content = await compose(mail);
  let hasBegun = false;
  const stream = (): Readable =>
    Readable.from(
      (function* () {
        hasBegun = true;
        yield content;
      })(),
      { objectMode: false },
    );
  let connection: SmtpConnection | null = null;
  try {
    connection = await open(server, resolve, waitMs);
    await deliver(connection, server, { from: bare(mail.from), to: mail.to }, stream());
    connection.quit();
    return { kind: 'sent' };
  } catch (error) {
    connection?.close();
    return { kind: kindOf(error, hasBegun), error: (error as Error).message.slice(0, 500) };
  }
}

async function compose({ from, to, subject, text, html, id }: Mail): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const composer = new MailComposer({
    from,
    to: { name: '', address: to },
    subject,
    text,
    ...(html === null ? {} : { html }),
    messageId: id,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

async function open({ host, port, isSecure, wish }: Server, resolve: Egress['resolve'], waitMs: number): Promise<SmtpConnection> {
  const [{ default: Connection }, socket] = await Promise.all([
    import('nodemailer/lib/smtp-connection'),
    dial({ policy: onlyTo({ host, port }), resolve }, { host, port, timeoutMs: connectMs }),
  ]);
  return new Connection({
    host,
    port,
    connection: socket,
    secure: isSecure,
    requireTLS: wish === 'tls',
    ignoreTLS: wish === 'plain',
    tls: { rejectUnauthorized: true },
    connectionTimeout: waitMs,
    greetingTimeout: waitMs,
    socketTimeout: waitMs,
    socketCloseTimeout: 0,
    maxResponseSize: 64 * 1024,
  });
}

/** Each step ends with its callback, the connection's error, or the end of all patience. */
async function deliver(connection: SmtpConnection, { auth }: Server, envelope: { from: string; to: string }, message: Readable): Promise<void> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  connection.on('error', reject);
  connection.on('end', () => reject(new Error('The mail server closed the connection.')));
  const late = setTimeout(() => reject(new Error('The mail server took too long.')), totalMs);
  const step = (run: (done: (error?: Error | null) => void) => void): Promise<void> =>
    Promise.race([new Promise<void>((done, fail) => run((error) => (error ? fail(error) : done()))), broken]);
  try {
    await step((done) => connection.connect(done));
    if (auth) await step((done) => connection.login({ ...auth, credentials: auth }, done));
    await step((done) => connection.send(envelope, message, done));
  } finally {
    clearTimeout(late);
    broken.catch(() => {});
  }
}

function kindOf(error: unknown, hasBegun: boolean): 'refused' | 'later' | 'unknown' {
  const { responseCode, code, originalCode } = error as { responseCode?: unknown; code?: unknown; originalCode?: unknown };
  if (typeof responseCode === 'number') return responseCode >= 500 ? 'refused' : 'later';
  const isUntrusted = code === 'ETLS' || /CERT|ERR_TLS|ERR_SSL/.test(String(originalCode));
  if (isUntrusted || (error instanceof EgressError && error.kind === 'blocked')) return 'refused';
  return hasBegun ? 'unknown' : 'later';
}

function bare(sender: string): string {
  return /<([^<>]*)>/.exec(sender)?.[1] ?? sender;
}

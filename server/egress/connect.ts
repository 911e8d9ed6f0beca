// Opens connections, for all of the server: a name is resolved once, every address is judged, and what was judged is what
// is dialled. No unix socket, no proxy of the environment; a literal address is judged like any other.
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Agent } from 'undici';
import type { Config } from '../config.ts';
import { makePolicy, mayAsk, mayReach, nameOf, type Place, type Policy } from './policy.ts';

export type Resolve = (name: string) => Promise<string[]>;

/** The policy with the names it is asked about; one per process, tests make their own. */
export type Egress = { policy: Policy; resolve: Resolve };

export type Failure = 'network' | 'timeout' | 'parse' | 'too_large' | 'blocked';

/** How something outside could not be had, as a sentence that names no more than the host. */
export class EgressError extends Error {
  readonly kind: Failure;
  constructor(kind: Failure, message: string) {
    super(message);
    this.name = 'EgressError';
    this.kind = kind;
  }
}

export const resolveBySystem: Resolve = async (name) => (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);

const known = new WeakMap<object, Egress>();

export function egressOf(config: Config): Egress {
  const egress = known.get(config) ?? { policy: makePolicy(config), resolve: resolveBySystem };
  known.set(config, egress);
  return egress;
}

export type Dial = Place & { timeoutMs: number; isSecure?: boolean };

const attemptMs = 1_000;

/** A connected socket, after the TLS handshake when it is secure. Fails with an EgressError and leaves nothing open. */
export async function dial(egress: Egress, { host, port, timeoutMs, isSecure }: Dial): Promise<Socket> {
  const name = nameOf(host);
  if (!mayAsk(egress.policy, { host, port })) throw new EgressError('blocked', `${host} port ${port} is not in EGRESS_ALLOW.`);
  const deadline = AbortSignal.timeout(timeoutMs);
  const addresses = isIP(name) ? [name] : await within(deadline, resolve(egress, name), host);
  const judged = addresses.filter((address) => mayReach(egress.policy, { host, port }, address));
  if (judged.length === 0) throw new EgressError('blocked', `${host} port ${port} is not a public address, and EGRESS_ALLOW does not name it.`);
  const socket = connectTcp({
    host: name,
    port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMs,
    lookup: (_name, _options, done) =>
      done(
        null,
        judged.map((address) => ({ address, family: isIP(address) })),
      ),
  });
  // It may break before whoever asked for it listens.
  socket.on('error', () => {});
  await within(deadline, opened(socket, 'connect'), host, socket);
  socket.setNoDelay(true).setKeepAlive(true, 60_000);
  if (!isSecure) return socket;
  // Verified whatever the environment says; an address has no name to send.
  const secured = connectTls({ socket, host: name, servername: isIP(name) ? '' : name, ALPNProtocols: ['http/1.1'], rejectUnauthorized: true });
  secured.on('error', () => {});
  return within(deadline, opened(secured, 'secureConnect'), host, secured);
}

async function resolve(egress: Egress, name: string): Promise<string[]> {
  const addresses = await egress.resolve(name);
  if (addresses.length === 0) throw new Error('no address');
  return addresses;
}

function opened<S extends Socket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  return new Promise((done, fail) => {
    const closed = (): void => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    socket.once('error', fail).once('close', closed);
    socket.once(event, () => {
      socket.off('error', fail).off('close', closed);
      done(socket);
    });
  });
}

async function within<T>(deadline: AbortSignal, work: Promise<T>, host: string, socket?: Socket): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new EgressError('timeout', `${host} could not be reached in time.`));
  deadline.addEventListener('abort', stop);
  try {
    if (deadline.aborted) stop();
    return await Promise.race([work, late]);
  } catch (error) {
    socket?.destroy();
    work.catch(() => {});
    if (error instanceof EgressError) throw error;
    throw new EgressError('network', `${host} could not be reached (${codeOf(error)}).`);
  } finally {
    deadline.removeEventListener('abort', stop);
  }
}

/** Such as ECONNREFUSED or CERT_HAS_EXPIRED; of several attempts the last one's. */
export function codeOf(error: unknown): string {
  const { code, errors, cause } = error as { code?: unknown; errors?: unknown[]; cause?: unknown };
  if (typeof code === 'string') return code;
  const inner = errors?.at(-1) ?? cause;
  return inner === undefined ? 'no connection' : codeOf(inner);
}

const agents = new WeakMap<Egress, Promise<Agent>>();

const maxHeaderBytes = 32 * 1024;
const connectionsPerOrigin = 64;
const idleMs = 4_000;

/** Keeps connections for HTTP, each made by `dial`. Its own limits of time are off: fetch has them. */
export function agentOf(egress: Egress, connectMs: number): Promise<Agent> {
  const made = agents.get(egress) ?? makeAgent(egress, connectMs);
  agents.set(egress, made);
  return made;
}

async function makeAgent(egress: Egress, timeoutMs: number): Promise<Agent> {
  const { Agent } = await import('undici');
  return new Agent({
    connect: ({ hostname, port, protocol, httpSocket }, done) => {
      const isSecure = protocol === 'https:';
      if (httpSocket) return done(new EgressError('blocked', 'No tunnels.'), null);
      dial(egress, { host: hostname, port: Number(port) || (isSecure ? 443 : 80), timeoutMs, isSecure }).then(
        (socket) => done(null, socket),
        (error: Error) => done(error, null),
      );
    },
    allowH2: false,
    pipelining: 1,
    connections: connectionsPerOrigin,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

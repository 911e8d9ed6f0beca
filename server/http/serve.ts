// Turns the list of doors into a running HTTP server: what Fastify is told, and what every request passes on its way.
// One order of checks for all: who (401), may they (403), how often (429), can it be read (400), is it valid (422), then
// the route itself (404, 409). Deciding is done in admit.ts, answer.ts and errors.ts.
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import type { App } from '../app.ts';
import { policies } from '../auth.ts';
import { AppError, assert } from '../errors.ts';
import { type Admitted, admit } from './admit.ts';
import { answer } from './answer.ts';
import { makeRefusals, type Refusals } from './errors.ts';
import { type Idempotency, makeIdempotency } from './idempotency.ts';
import { maxBodyBytes, readBody } from './json.ts';
import { type Limits, makeLimits } from './limits.ts';
import { openSocket } from './live/socket.ts';
import { Streams } from './live/streams.ts';
import { isUpgrade, routeUpgrades } from './live/upgrade.ts';
import type { Door, Route } from './route.ts';
import { greet } from './serve/greet.ts';
import { type Bounds, defaultBounds, makeSockets, type Sockets } from './serve/sockets.ts';
import { readTarget, requestIdOf } from './serve/target.ts';

export type ServeOptions = {
  /** Tests check every reply against its schema; in production that would be paid by every caller. */
  checkReplies: boolean;
  /** Pages, health and documents: what is served beside the doors. */
  plugins: ((server: FastifyInstance, app: App) => void)[];
  /** Tests that wait for a limit set a nearer one. */
  bounds?: Partial<Bounds>;
};

/** What the parts of the machine share. */
export type Machine = {
  app: App;
  limits: Limits;
  idempotency: Idempotency;
  refusals: Refusals;
  sockets: Sockets;
  streams: Streams;
  bounds: Bounds;
  checkReplies: boolean;
  /** Requests being admitted or answered; one whose body is still arriving does not count. */
  busy: number;
  /** Files being taken in, which may last; they are counted apart. */
  uploads: number;
  isDraining: boolean;
};

/** A route of a door, with what all its requests have in common. */
export type Served = { door: Door; route: Route; url: string; name: string; status: number; isRead: boolean };

declare module 'fastify' {
  interface FastifyRequest {
    /** The door's route, as soon as one is found. */
    served: Served | null;
    admitted: Admitted | null;
    /** Of a route that keeps them: the body's, as they were sent. */
    bytes: Buffer | null;
  }
  interface FastifyContextConfig {
    isDoors?: boolean;
    /** It brings a file, and may take its time. */
    isUpload?: boolean;
  }
}

export function buildServer(app: App, doors: Door[], options: ServeOptions): FastifyInstance {
  const bounds = { ...defaultBounds, ...options.bounds };
  const { checkReplies } = options;
  const headers = baseHeaders(app);
  const refusals = makeRefusals(app, doors);
  const sockets = makeSockets(refusals, bounds, headers);
  const machine: Machine = {
    app,
    limits: makeLimits(app),
    idempotency: makeIdempotency({ checkReplies }),
    refusals,
    sockets,
    streams: new Streams(app),
    bounds,
    checkReplies,
    busy: 0,
    uploads: 0,
    isDraining: false,
  };
  const server = makeFastify(machine, headers);
  server.decorateRequest('served', null).decorateRequest('admitted', null).decorateRequest('bytes', null);
  addBodyParsers(server);
  server.addHook('onRoute', refusals.learn);
  server.addHook('onRequest', greet(machine, headers));
  server.setErrorHandler((error, request, reply) => refusals.send(request, reply, error));
  server.setNotFoundHandler((request, reply) => refusals.sendUnknown(request, reply));
  sockets.guard(server);
  routeUpgrades(server);
  stopGracefully(machine, server);
  for (const plugin of options.plugins) plugin(server, app);
  for (const door of doors) {
    for (const route of door.routes) for (const url of urlsOf(door, route)) addRoute(machine, server, door, route, url);
  }
  return server;
}

function makeFastify(machine: Machine, headers: Record<string, string>): FastifyInstance {
  const { app, refusals, sockets } = machine;
  return fastify({
    bodyLimit: maxBodyBytes,
    serverFactory: sockets.serve,
    trustProxy: app.config.trustProxy.length > 0 ? app.config.trustProxy : false,
    // A parameter that is too long is for its schema to refuse.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    genReqId: requestIdOf,
    logger: false,
    rewriteUrl: (request) => readTarget(request, refusals.doorOf),
    clientErrorHandler: sockets.refuse,
    frameworkErrors: (error, request, reply) => {
      reply.headers(headers).header('x-request-id', request.id);
      refusals.send(request, reply, error);
    },
    return503OnClosing: false,
    // Routes are validated by zod: without a word here Fastify loads ajv and its serializer, 9 MB and 28 ms for nothing.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
  });
}

function urlsOf(door: Door, route: Route): string[] {
  const isAtRoot = (door.roots ?? []).some((root) => route.path === root || route.path.startsWith(`${root}/`));
  return isAtRoot ? [`${door.prefix}${route.path}`, route.path] : [`${door.prefix}${route.path}`];
}

function noCompiler(): never {
  throw new Error('no route has a schema of Fastify’s');
}

function addRoute(machine: Machine, server: FastifyInstance, door: Door, route: Route, url: string): void {
  const served = servedAs(door, route, url, `${route.method} ${url}`);
  const newer = route.newer ? servedAs(door, route.newer, url, `${route.method} ${url} (newer)`) : null;
  const isTaken = ({ raw }: FastifyRequest): boolean => route.socket !== undefined && isUpgrade(raw);
  server.route({
    method: route.method,
    url: url.replace(/\{(\w+)\}/g, ':$1'),
    config: { isDoors: true, isUpload: route.upload !== undefined },
    onRequest: async (request, reply) => {
      request.served = newer && door.asksNewer?.(request) ? newer : served;
      // A WebSocket is judged where its refusals can still be told to a browser.
      if (!isTaken(request)) request.admitted = await whileBusy(machine, () => admit(machine, request.served ?? served, request, reply));
    },
    handler: (request, reply) => {
      const asked = request.served ?? served;
      if (route.upload) return whileUploading(machine, () => answer(machine, asked, request, reply));
      return whileBusy(machine, () => (isTaken(request) ? openSocket : answer)(machine, asked, request, reply));
    },
  });
}

function servedAs(door: Door, route: Route, url: string, name: string): Served {
  assert(Object.hasOwn(policies, route.access), `${name} declares no policy: add access from auth.ts`);
  return { door, route, url, name, status: route.status ?? (route.reply ? 200 : 204), isRead: route.method === 'GET' };
}

async function whileBusy<T>(machine: Machine, work: () => Promise<T>): Promise<T> {
  machine.busy += 1;
  try {
    return await work();
  } finally {
    machine.busy -= 1;
  }
}

async function whileUploading<T>(machine: Machine, work: () => Promise<T>): Promise<T> {
  if (machine.uploads >= machine.bounds.maxUploads) {
    throw new AppError('unavailable', 'Too many files are arriving. Try again in a moment.', { headers: { 'retry-after': '5' } });
  }
  machine.uploads += 1;
  try {
    return await work();
  } finally {
    machine.uploads -= 1;
  }
}

/** Headers of every reply, unless a page or a file says otherwise. */
function baseHeaders({ config }: App): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...(config.publicUrl.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}

function addBodyParsers(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const parse = async (request: FastifyRequest, bytes: Buffer) => {
    const { headers, served } = request;
    if (served?.route.keepsBytes) request.bytes = bytes;
    return readBody(bytes, headers['content-type'] ?? '', headers['content-encoding'], served?.door.mendsTexts ? 'mended' : 'refused');
  };
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, parse);
  server.addContentTypeParser(/^application\/[\w.+-]*\+json\b/, { parseAs: 'buffer' }, parse);
  // A file is read by the route's answer, as it arrives.
  server.addContentTypeParser('multipart/form-data', async ({ served }: FastifyRequest) => {
    if (!served?.route.upload) throw new AppError('unsupported_media_type', 'Send JSON, with Content-Type: application/json.');
  });
  server.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, bytes: Buffer) => {
    if (bytes.length > 0) throw new AppError('unsupported_media_type', 'Send JSON, with Content-Type: application/json.');
  });
}

/** What is in hand is finished, what still comes is sent elsewhere, what does not end is cut. */
function stopGracefully(machine: Machine, server: FastifyInstance): void {
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (machine.isDraining) reply.header('connection', 'close');
    done(null, payload);
  });
  server.addHook('preClose', async () => {
    machine.isDraining = true;
    machine.streams.closeAll();
    await machine.sockets.drain(server);
  });
}

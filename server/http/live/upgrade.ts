// How a request becomes a WebSocket: it is routed and judged like any other, and only then taken over. Other requests
// that offer to upgrade (h2c, which some clients always do) are none of its business and keep their bodies.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { WebSocket, WebSocketServer } from 'ws';
import { AppError } from '../../errors.ts';
import { ServerResponse } from '../serve/node-http.ts';

const maxFrameBytes = 1024 * 1024;
const protocols = ['chats.v1', 'events.v1'];

type Held = { socket: Duplex; head: Buffer };

const held = new WeakMap<IncomingMessage, Held>();

export function wantsSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

export function routeUpgrades(server: FastifyInstance): void {
  server.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node has taken its own listener off, and an error nobody hears ends the process.
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as never);
    // It was answered, not upgraded.
    response.once('finish', () => socket.end());
    held.set(request, { socket, head });
    server.routing(request, response);
  });
}

export function isUpgrade(request: IncomingMessage): boolean {
  return held.has(request);
}

let taker: WebSocketServer | null = null;

const wrong = new WeakMap<IncomingMessage, string>();

/** Null when the client has left. Who does not speak the protocol is still only a request, to be refused like any. */
export async function upgrade(request: IncomingMessage): Promise<{ ws: WebSocket; socket: Duplex } | AppError | null> {
  // A start without a WebSocket does not pay for it.
  const { WebSocketServer } = await import('ws');
  taker ??= new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
    handleProtocols: (offered) => protocols.find((one) => offered.has(one)) ?? false,
    // Without a listener ws answers by itself, and in HTML.
  }).on('wsClientError', (error: Error, _socket: Duplex, asked: IncomingMessage) => void wrong.set(asked, error.message));
  const { socket, head } = held.get(request) as Held;
  let made: WebSocket | null = null;
  taker.handleUpgrade(request, socket, head, (ws) => {
    ws.on('error', () => ws.terminate());
    made = ws;
  });
  const why = wrong.get(request);
  if (why !== undefined) return new AppError('bad_request', `This is no WebSocket handshake: ${why}.`, { headers: { 'sec-websocket-version': '13' } });
  held.delete(request);
  return made && { ws: made, socket };
}

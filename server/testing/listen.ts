// The app of a test behind a real port: for what inject() cannot show (bytes, connections, time) and for doors and limits
// of a test's own.
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import { doors } from '../doors.ts';
import type { Door, Route } from '../http/route.ts';
import { buildServer, type ServeOptions } from '../http/serve.ts';

export type Listening = { server: FastifyInstance; port: number; url: string; close(): Promise<void> };

export async function listen(app: App, options: Partial<ServeOptions> & { doors?: Door[] } = {}): Promise<Listening> {
  const server = buildServer(app, options.doors ?? doors, { checkReplies: true, plugins: [], ...options });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  return { server, port, url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** The doors as they are, one of them with other routes. */
export function doorsWith(name: string, routes: Route[]): Door[] {
  return doors.map((door) => (door.name === name ? { ...door, routes } : door));
}

// Each door's OpenAPI 3.1 document, made from its routes and nothing else: what is served, what is committed under
// docs/openapi and what clients are generated from is this one text. Order of keys follows the order of routes, so
// that a change of the API is a readable diff.
import type { FastifyInstance } from 'fastify';
import { idempotencyKey, inBothForms, operationOf } from './openapi/operation.ts';
import { headersOf } from './openapi/responses.ts';
import { type Json, makeSchemas } from './openapi/schemas.ts';
import { type Asset, assetOf, sendAsset } from './pages/assets.ts';
import type { Door } from './route.ts';

/** Of the contracts, not of the program: it changes when a client has to. */
const apiVersion = '1.0.0';

/** The document as it is served and committed. */
export function documentOf(door: Door): Json {
  const schemas = makeSchemas();
  const responses: Json = {};
  const paths: Record<string, Json> = {};
  for (const route of door.routes) {
    paths[route.path] ??= {};
    const operation = operationOf(door, route, schemas, responses);
    const newer = route.newer ? operationOf(door, route.newer, schemas, responses) : null;
    (paths[route.path] as Json)[route.method.toLowerCase()] = newer ? inBothForms(operation, newer) : operation;
  }
  const writes = door.routes.some((route) => route.method !== 'GET');
  const document = {
    openapi: '3.1.0',
    info: { title: door.title, version: apiVersion, description: door.description },
    servers: [{ url: door.prefix }],
    tags: [...new Set(door.routes.map((route) => route.docs.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: door.document.securitySchemes,
      ...(writes ? { parameters: { IdempotencyKey: idempotencyKey } } : {}),
      headers: headersOf(door),
      responses: sorted(responses),
    },
  };
  const { components, ...rest } = schemas.finish(document) as typeof document;
  return { ...rest, components: { ...components, schemas: schemas.components() } };
}

export function documentText(door: Door): string {
  return `${JSON.stringify(documentOf(door), null, 2)}\n`;
}

function sorted(record: Json): Json {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** GET of each door's document, made at the first request for it. The native one also lies under its own prefix. */
export function openApi({ doors }: { doors: Door[] }) {
  return (server: FastifyInstance): void => {
    for (const door of doors) {
      const asset = documentAsset(door);
      const paths = new Set([door.document.path, `${door.prefix}/openapi.json`]);
      for (const path of paths) server.get(path, (request, reply) => sendAsset(request, reply, asset));
    }
  };
}

const assets = new WeakMap<Door, Asset>();

export function documentAsset(door: Door): Asset {
  const known = assets.get(door) ?? assetOf('application/json; charset=utf-8', 'no-cache', { identity: () => Buffer.from(documentText(door)) });
  assets.set(door, known);
  return known;
}

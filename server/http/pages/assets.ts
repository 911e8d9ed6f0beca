// What is served as bytes: read or made once, compressed once (at build where a .br or .gz lies beside the file,
// otherwise at the first request that asks), with an ETag per encoding. Never a path from a request.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

export type Encoding = 'identity' | 'gzip' | 'br';

export type Asset = {
  type: string;
  /** `no-cache` asks every time and is answered 304 when nothing changed. */
  cacheControl: string;
  bytes(encoding: Encoding): Promise<{ bytes: Buffer; etag: string }>;
};

type Packed = Partial<Record<Encoding, () => Buffer>>;

/** Below this a packet is not saved, and above it every client that can is served compressed. */
const minCompressedBytes = 1024;

const types: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  webp: 'image/webp',
  woff2: 'font/woff2',
};

const isText = /^(text\/|application\/json|image\/svg)/;

export function typeOf(path: string): string {
  return types[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';
}

export function assetOf(type: string, cacheControl: string, packed: Packed & { identity: () => Buffer }): Asset {
  const kept = new Map<Encoding, Promise<{ bytes: Buffer; etag: string }>>();
  const make = async (encoding: Encoding) => {
    const bytes = packed[encoding]?.() ?? (await compress(packed.identity(), encoding));
    return { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
  };
  return {
    type,
    cacheControl,
    bytes(encoding) {
      const known = kept.get(encoding) ?? make(encoding);
      kept.set(encoding, known);
      return known;
    },
  };
}

async function compress(bytes: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'br') return promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  return encoding === 'gzip' ? promisify(gzip)(bytes) : bytes;
}

/** Answers GET and HEAD: 304 for what the client has, else the bytes in the best encoding it takes. */
export async function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset): Promise<FastifyReply> {
  const plain = isText.test(asset.type) ? await asset.bytes('identity') : null;
  const encoding = plain && plain.bytes.length >= minCompressedBytes ? bestEncoding(request.headers['accept-encoding']) : 'identity';
  const { bytes, etag } = await asset.bytes(encoding);
  reply.header('cache-control', asset.cacheControl).header('etag', etag);
  if (plain) reply.header('vary', [reply.getHeader('vary'), 'Accept-Encoding'].filter(Boolean).join(', '));
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  return reply.type(asset.type).send(bytes);
}

function bestEncoding(accepted: string | string[] | undefined): Encoding {
  const offers = String(accepted ?? '').split(',');
  const takes = (name: string) => offers.some((offer) => new RegExp(`^\\s*${name}\\s*(;\\s*q=(?!0(\\.0*)?\\s*$).*)?$`, 'i').test(offer));
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : 'identity';
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}

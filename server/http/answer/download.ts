// Sends a file: whole, a part of it, or the word that the client has it already. It stands alone wherever it is opened:
// no script of it runs, and its type is what we say.
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';
import { type Download, headerText } from '../route.ts';

type Range = { from: number; to: number };

export async function sendDownload(request: FastifyRequest, reply: FastifyReply, file: Download): Promise<FastifyReply> {
  const etag = `"${file.etag}"`;
  const { headers } = request;
  const isHead = request.method === 'HEAD';
  const range = isHead ? null : rangeOf(headerText(headers, 'range'), headerText(headers, 'if-range'), file.size, etag);
  const about = {
    etag,
    'accept-ranges': 'bytes',
    'cache-control': `private, max-age=${file.maxAgeS}`,
    'content-disposition': file.disposition,
    'content-security-policy': "sandbox; default-src 'none'",
    'cross-origin-resource-policy': 'cross-origin',
  };
  if (isKnown(headerText(headers, 'if-none-match'), etag))
    return reply
      .headers(about)
      .code(304)
      .send(isHead ? nothing() : undefined);
  const length = range ? range.to - range.from + 1 : file.size;
  const body = isHead ? nothing() : await file.read(range ?? undefined);
  if (body === null) throw new AppError('not_found', 'File not found');
  reply.headers(about).header('content-length', String(length)).header('content-type', typeOf(file));
  if (range) reply.code(206).header('content-range', `bytes ${range.from}-${range.to}/${file.size}`);
  return reply.send(body);
}

// Of anything else that is sent to a HEAD Fastify would count the bytes, and say that there are none.
function nothing(): Readable {
  return Readable.from([]);
}

function typeOf({ type }: Download): string {
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

/** Whether the client has it already. */
export function isKnown(header: string, etag: string): boolean {
  return header !== '' && etag !== '' && (header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag));
}

/** One range, when it is of the file the client has a part of; several, or what is none, get the whole file. */
function rangeOf(header: string, ifRange: string, size: number, etag: string): Range | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header) ?? [];
  if ((first === '' && last === '') || (ifRange !== '' && ifRange !== etag)) return null;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return null;
  if (from > to) throw new AppError('range_not_satisfiable', `The file has ${size} bytes.`, { headers: { 'content-range': `bytes */${size}` } });
  return { from, to };
}

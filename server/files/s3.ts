// Files in a bucket that speaks S3. A file is written to the local disk first, for its length and hash go ahead of it:
// one signed PUT, which the bucket checks whole. It is read in blocks, each a signed call of its own: a reply that is
// cut is asked for again, and a reader that is slow holds no more than one block.
import { createHash } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import type { Config } from '../config.ts';
import { type Egress, resolveBySystem } from '../egress/connect.ts';
import { type Outcome, send } from '../egress/fetch.ts';
import { onlyTo } from '../egress/policy.ts';
import { AppError, assert } from '../errors.ts';
import type { ByteRange, FileStore } from '../files.ts';

export type Bucket = NonNullable<Config['s3']>;

type Call = { method: 'GET' | 'PUT' | 'HEAD' | 'DELETE'; key: string; query?: Record<string, string>; headers?: Record<string, string>; body?: Blob };

const attempts = 4;
const blockBytes = 1024 * 1024;
const maxKeys = 1000;
const emptyHash = createHash('sha256').digest('hex');
/** A whole file on a slow line; a block of it. */
const limits = { PUT: { headersMs: 60_000, totalMs: 60_000 }, other: { headersMs: 10_000, totalMs: 20_000 } };

type Times = { waitMs?: number; pauseMs?: number };
type Caller = (ask: Call) => Promise<Outcome>;

/** The times are for tests, which wait for a bucket that is silent or busy. */
export function s3Files(bucket: Bucket, dataDir: string, times: Times = {}): FileStore {
  const call = callerOf(bucket, times);
  const draftOf = (key: string): string => join(dataDir, 'incoming', key.replaceAll('/', '.'));
  return {
    async put(key, bytes) {
      const draft = draftOf(key);
      const hash = createHash('sha256');
      await mkdir(join(dataDir, 'incoming'), { recursive: true, mode: 0o700 });
      try {
        const hashed = async function* (source: AsyncIterable<Uint8Array>) {
          for await (const chunk of source) {
            hash.update(chunk);
            yield chunk;
          }
        };
        await pipeline(bytes, hashed, createWriteStream(draft, { mode: 0o600 }));
        const outcome = await call({ method: 'PUT', key, headers: { 'x-amz-content-sha256': hash.digest('hex') }, body: await openAsBlob(draft) });
        if (outcome.status !== 200) throw faultOf('PUT', outcome);
      } finally {
        await rm(draft, { force: true });
      }
    },
    async get(key, range) {
      const { from, to } = range ?? { from: 0, to: Number.MAX_SAFE_INTEGER };
      const first = await readBlock(call, key, { from, to });
      return first && Readable.from(blocks(call, key, { from, to: Math.min(to, first.total - 1) }, first.bytes), { objectMode: false });
    },
    async size(key) {
      const outcome = await call({ method: 'HEAD', key });
      if (outcome.status === 404) return null;
      if (outcome.status !== 200) throw faultOf('HEAD', outcome);
      return Number(outcome.headers['content-length']);
    },
    async remove(key) {
      const outcome = await call({ method: 'DELETE', key });
      if (outcome.status !== 204 && outcome.status !== 200 && outcome.status !== 404) throw faultOf('DELETE', outcome);
      await rm(draftOf(key), { force: true });
    },
    async list(prefix, after, limit) {
      const query: Record<string, string> = { 'list-type': '2', 'max-keys': String(Math.min(limit, maxKeys)), prefix: `${bucket.prefix}${prefix}` };
      if (after !== null) query['start-after'] = `${bucket.prefix}${after}`;
      const outcome = await call({ method: 'GET', key: '', query });
      if (outcome.status !== 200) throw faultOf('GET', outcome);
      const text = String(outcome.value);
      const keys = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => (match[1] ?? '').slice(bucket.prefix.length));
      return { keys, next: text.includes('<IsTruncated>true</IsTruncated>') ? (keys.at(-1) ?? null) : null };
    },
  };
}

function callerOf(bucket: Bucket, { waitMs, pauseMs = 100 }: Times): Caller {
  const base = bucketUrl(bucket);
  // Wherever the operator put it, a private network included; and nowhere else.
  const port = Number(base.port) || (base.protocol === 'https:' ? 443 : 80);
  const egress: Egress = { policy: onlyTo({ host: base.hostname, port }), resolve: resolveBySystem };
  return async (ask) => {
    for (let attempt = 1; ; attempt += 1) {
      const signed = await sign(bucket, base, ask);
      const { headersMs, totalMs } = ask.method === 'PUT' ? limits.PUT : limits.other;
      const within = { headersMs: waitMs ?? headersMs, totalMs: waitMs ?? totalMs, maxBytes: 2 * blockBytes };
      const outcome = await send(egress, { ...signed, method: ask.method, body: ask.body ?? null, redirects: 'manual', limits: within });
      if (!isPassing(outcome) || attempt === attempts) return outcome;
      await sleep(pauseMs * 2 ** attempt * (0.5 + Math.random() / 2));
    }
  };
}

type Block = { bytes: Uint8Array; total: number };

/** The first of these bytes; null when there is no such file. */
async function readBlock(call: Caller, key: string, { from, to }: ByteRange): Promise<Block | null> {
  const outcome = await call({ method: 'GET', key, headers: { range: `bytes=${from}-${Math.min(to, from + blockBytes - 1)}` } });
  if (outcome.status === 404 && codeOf(outcome) === 'NoSuchKey') return null;
  // Of nothing there is no range.
  if (outcome.status === 416) return { bytes: new Uint8Array(), total: 0 };
  const [, first, last, total] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(outcome.headers['content-range'] ?? '') ?? []).map(Number);
  const isWhole = outcome.kind === 'status' && outcome.status === 206 && first === from && Number(last) - from + 1 === outcome.bytes.length;
  if (!isWhole || total === undefined) throw faultOf('GET', outcome);
  return { bytes: outcome.bytes, total };
}

async function* blocks(call: Caller, key: string, { from, to }: ByteRange, first: Uint8Array): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let at = from + first.length; at <= to; ) {
    const next = await readBlock(call, key, { from: at, to });
    assert(next !== null && next.bytes.length > 0, 'a file that is being read is there');
    at += next.bytes.length;
    yield next.bytes;
  }
}

/** An endpoint of one's own serves every bucket under its own name; Amazon's has one host for each. */
function bucketUrl({ endpoint, region, bucket }: Bucket): URL {
  return new URL(endpoint === null ? `https://${bucket}.s3.${region}.amazonaws.com/` : `${endpoint.replace(/\/$/, '')}/${bucket}/`);
}

async function sign(bucket: Bucket, base: URL, { method, key, query = {}, headers = {} }: Call): Promise<{ url: string; headers: Record<string, string> }> {
  const url = new URL(key === '' ? base : `${base.href}${bucket.prefix}${key}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    headers: { 'x-amz-content-sha256': emptyHash, ...headers },
    accessKeyId: bucket.accessKeyId,
    secretAccessKey: bucket.secretAccessKey,
    region: bucket.region,
    service: 's3',
  });
  const signed = await signer.sign();
  return { url: signed.url.href, headers: Object.fromEntries(signed.headers) };
}

/** Worth another try: nothing came back, or the bucket says so. */
function isPassing({ kind, status }: Outcome): boolean {
  return kind !== 'status' ? kind === 'network' || kind === 'timeout' : status !== null && (status >= 500 || status === 429);
}

/** What passes is told to whoever waits; a bucket that refuses us is for the operator, in the log. */
function faultOf(method: string, outcome: Outcome): Error {
  if (isPassing(outcome))
    return new AppError('unavailable', 'The store of the files does not answer. Try again in a moment.', { headers: { 'retry-after': '5' } });
  return new Error(`the S3 bucket answered ${method} with ${outcome.status ?? outcome.kind} ${codeOf(outcome) ?? outcome.error ?? ''}`);
}

function codeOf(outcome: Outcome): string | null {
  return /<Code>(\w{1,60})<\/Code>/.exec(String(outcome.value))?.[1] ?? null;
}

// A bucket that speaks S3 as far as our store asks, and is as strict about it: every call's signature is worked out anew
// from what really arrived, a body must be what its hash says, and a listing has its pages. It misbehaves on request.
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * Of the next calls, one each. `slow-down` and `internal` are refused, `cut` breaks off in the middle of its reply,
 * `lost` is done but never answered, `silent` is neither.
 */
export type Fault = 'slow-down' | 'internal' | 'cut' | 'lost' | 'silent';

export type S3Double = {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  objects: Map<string, Buffer>;
  /** `METHOD status Code` of each call that was answered. */
  calls: string[];
  faults: Fault[];
  /** How far its clock is off. */
  skewMs: number;
  close(): Promise<void>;
};

const region = 'eu-test-1';
const skewAllowedMs = 15 * 60_000;

class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export async function s3Server(): Promise<S3Double> {
  const double = { bucket: 'test-bucket', accessKeyId: 'AKTEST', secretAccessKey: 'secret/of+the=bucket', skewMs: 0 };
  const objects = new Map<string, Buffer>();
  const calls: string[] = [];
  const faults: Fault[] = [];
  const server = createServer(async (request, response) => {
    const fault = faults.shift();
    const body = await buffer(request).catch(() => null);
    if (fault === 'silent' || body === null) return;
    const answered = answerOf(request, body, fault);
    calls.push(`${request.method} ${answered.status}${answered.code === '' ? '' : ` ${answered.code}`}`);
    if (fault === 'lost') return void request.socket.destroy();
    send(request, response, answered, fault);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  const made: S3Double = { ...double, endpoint: `http://127.0.0.1:${port}`, region, objects, calls, faults, close };

  function answerOf(request: IncomingMessage, body: Buffer, fault: Fault | undefined): Answer {
    try {
      if (fault === 'slow-down') throw new Refusal(503, 'SlowDown');
      if (fault === 'internal') throw new Refusal(500, 'InternalError');
      return perform(made, request, body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${error.code}</Code><Message>…</Message></Error>`;
      return { status: error.status, code: error.code, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) };
    }
  }
  return made;
}

type Answer = { status: number; code: string; headers: Record<string, string>; body: Buffer };

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer, fault: Fault | undefined): void {
  const length = request.method === 'HEAD' ? (headers['content-length'] ?? '0') : String(body.length);
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': length }) });
  if (fault !== 'cut') return void response.end(request.method === 'HEAD' ? undefined : body);
  response.write(body.subarray(0, Math.floor(body.length / 2)));
  // Once it has left: what is destroyed at once may not have been sent at all.
  setTimeout(() => request.socket.destroy(), 20);
}

function perform(double: S3Double, request: IncomingMessage, body: Buffer): Answer {
  const url = new URL(request.url ?? '/', 'http://double');
  checkSignature(double, request, url, body);
  const [, bucket = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  if (bucket !== double.bucket) throw new Refusal(404, 'NoSuchBucket');
  const key = rest.join('/');
  const ok = (headers: Record<string, string> = {}, bytes: Buffer = Buffer.alloc(0), status = 200): Answer => ({ status, code: '', headers, body: bytes });
  if (key === '') return ok({ 'content-type': 'application/xml' }, listed(double.objects, url.searchParams));
  if (request.method === 'PUT') {
    if (request.headers['transfer-encoding'] !== undefined) throw new Refusal(501, 'NotImplemented');
    if (request.headers['content-length'] === undefined) throw new Refusal(411, 'MissingContentLength');
    double.objects.set(key, body);
    return ok({ etag: etagOf(body) });
  }
  if (request.method === 'DELETE') {
    double.objects.delete(key);
    return ok({}, undefined, 204);
  }
  const bytes = double.objects.get(key);
  if (!bytes) throw new Refusal(404, 'NoSuchKey');
  if (request.method === 'HEAD') return ok({ 'content-length': String(bytes.length), etag: etagOf(bytes) });
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (from === undefined) return ok({ etag: etagOf(bytes) }, bytes);
  if (Number(from) >= bytes.length) throw new Refusal(416, 'InvalidRange');
  const last = Math.min(Number(to), bytes.length - 1);
  return ok({ etag: etagOf(bytes), 'content-range': `bytes ${from}-${last}/${bytes.length}` }, bytes.subarray(Number(from), last + 1), 206);
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function listed(objects: Map<string, Buffer>, query: URLSearchParams): Buffer {
  if (query.get('list-type') !== '2') throw new Refusal(400, 'InvalidArgument');
  const [prefix, after, most] = [query.get('prefix') ?? '', query.get('start-after') ?? '', Number(query.get('max-keys') ?? 1000)];
  const all = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = all.slice(0, Math.min(most, 1000));
  const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>${objects.get(key)?.length}</Size></Contents>`).join('');
  return Buffer.from(`<ListBucketResult><IsTruncated>${all.length > page.length}</IsTruncated>${contents}</ListBucketResult>`);
}

/** AWS Signature Version 4, as its own document tells it. */
function checkSignature(double: S3Double, { headers, method }: IncomingMessage, url: URL, body: Buffer): void {
  const [, id, date, named, signed, given] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? [];
  if (date === undefined || signed === undefined) throw new Refusal(403, 'AccessDenied');
  if (id !== double.accessKeyId) throw new Refusal(403, 'InvalidAccessKeyId');
  if (named !== region) throw new Refusal(400, 'AuthorizationHeaderMalformed');
  const names = signed.split(';');
  // What comes as x-amz- must be signed, or anyone on the way could change it.
  const needed = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (!needed.every((name) => names.includes(name)) || names.join() !== [...names].sort().join()) throw new Refusal(403, 'AccessDenied');
  const at = String(headers['x-amz-date']);
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(at) ?? [];
  const skew = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s)) - (Date.now() + double.skewMs);
  if (!(Math.abs(skew) <= skewAllowedMs) || !at.startsWith(date)) throw new Refusal(403, 'RequestTimeTooSkewed');
  const hash = String(headers['x-amz-content-sha256']);
  const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const pairs = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const path = url.pathname.split('/').map((part) => encode(decodeURIComponent(part)));
  const lines = names.map((name) => `${name}:${String(headers[name]).trim().replace(/\s+/g, ' ')}\n`);
  const canonical = [method, path.join('/'), pairs.join('&'), lines.join(''), signed, hash].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', at, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = [date, region, 's3', 'aws4_request'].reduce((by: Buffer, part) => hmac(by, part), Buffer.from(`AWS4${double.secretAccessKey}`));
  if (hmac(key, text).toString('hex') !== given) throw new Refusal(403, 'SignatureDoesNotMatch');
  if (createHash('sha256').update(body).digest('hex') !== hash) throw new Refusal(400, 'XAmzContentSHA256Mismatch');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

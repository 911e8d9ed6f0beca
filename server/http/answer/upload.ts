// Reads one file out of a multipart/form-data body as it arrives: what has passed is not held, what a sender may make us
// skip is bounded, and the file's bytes end well only when the whole body has. Not a general parser of forms.
import type { IncomingMessage } from 'node:http';
import { AppError } from '../../errors.ts';
import type { IncomingFile, UploadSpec } from '../route.ts';

const crlf = '\r\n';
const maxHeaderBytes = 8 * 1024;
/** Of all that is not the file: other fields, the lines between. */
const maxSkippedBytes = 64 * 1024;
const maxParts = 20;

/** The file with its bytes still to come: they are read by whoever wants them. */
export async function openUpload(request: IncomingMessage, { field, maxBytes }: UploadSpec): Promise<IncomingFile> {
  const body = new Body(request, `${crlf}--${boundaryOf(request.headers['content-type'] ?? '')}`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + maxSkippedBytes) throw tooLarge(maxBytes, request);
  for (;;) {
    const part = await body.nextPart();
    if (part === null) throw new AppError('invalid_request', `Send the file in the part "${field}".`, { fields: [missing(field)] });
    if (part.field !== field || part.name === null) continue;
    return { name: part.name, type: part.type, bytes: fileBytes(body, request, { field, maxBytes }) };
  }
}

async function* fileBytes(body: Body, request: IncomingMessage, { field, maxBytes }: UploadSpec): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const bytes of body.rest()) {
    size += bytes.length;
    if (size > maxBytes) throw tooLarge(maxBytes, request);
    yield bytes;
  }
  for (let part = await body.nextPart(); part !== null; part = await body.nextPart()) {
    if (part.field === field && part.name !== null) throw new AppError('invalid_request', 'Send one file at a time.', { fields: [missing(field)] });
  }
}

function missing(field: string) {
  return { kind: 'invalid', path: [field], message: `The ${field} field must be one file.` };
}

function tooLarge(maxBytes: number, { headers }: IncomingMessage): AppError {
  // What is still on its way is not worth waiting for.
  const connection = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) > 2 * maxBytes ? { connection: 'close' } : undefined;
  return new AppError('payload_too_large', `The file is larger than ${Math.floor(maxBytes / (1024 * 1024))} MB.`, { headers: connection ?? {} });
}

function boundaryOf(type: string): string {
  if (!/^multipart\/form-data\s*(;|$)/i.test(type)) throw new AppError('unsupported_media_type', 'Send the file as multipart/form-data.');
  const [, quoted, plain] = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw new AppError('bad_request', 'The Content-Type names no boundary between the parts, or none that can be used.');
  return boundary;
}

type Part = { field: string; name: string | null; type: string };

/** A body cut into parts. Holds one chunk of it, and the little that may be the beginning of a boundary. */
class Body {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #delimiter: Buffer;
  // The first boundary has no line before it.
  #held: Buffer = Buffer.from(crlf);
  #isEnded = false;
  #isPartOver = false;
  #parts = 0;
  #skipped = 0;

  constructor(request: IncomingMessage, delimiter: string) {
    // Leaving off early must not close the connection, on which the refusal is still to be sent.
    this.#chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
    this.#delimiter = Buffer.from(delimiter, 'latin1');
  }

  /** Skips what is left of the part before; null at the end of the body. */
  async nextPart(): Promise<Part | null> {
    if (!this.#isPartOver) {
      for await (const bytes of this.rest()) {
        this.#skipped += bytes.length;
        if (this.#skipped > maxSkippedBytes) throw new AppError('payload_too_large', 'There is too much beside the file.');
      }
    }
    while (this.#held.length < 2 && (await this.#more())) {}
    const after = this.#held.toString('latin1', 0, 2);
    if (after === '--') return null;
    if (after !== crlf) throw this.#isEnded ? cutShort() : new AppError('bad_request', 'The parts of the body are not divided as they should be.');
    this.#parts += 1;
    if (this.#parts > maxParts) throw new AppError('bad_request', `The body has more than ${maxParts} parts.`);
    const part = partOf(await this.#headers());
    this.#isPartOver = false;
    return part;
  }

  /** The bytes of this part. */
  async *rest(): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(this.#delimiter);
      if (at !== -1) {
        const bytes = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + this.#delimiter.length);
        this.#isPartOver = true;
        if (bytes.length > 0) yield bytes;
        return;
      }
      const sure = this.#held.length - this.#delimiter.length + 1;
      if (sure > 0) {
        const bytes = this.#held.subarray(0, sure);
        this.#held = this.#held.subarray(sure);
        yield bytes;
      }
      if (!(await this.#more())) throw cutShort();
    }
  }

  async #headers(): Promise<string> {
    for (;;) {
      const at = this.#held.indexOf('\r\n\r\n');
      if (at !== -1 && at <= maxHeaderBytes) {
        const text = this.#held.toString('utf8', 0, at);
        this.#held = this.#held.subarray(at + 4);
        return text;
      }
      if (this.#held.length > maxHeaderBytes) throw new AppError('bad_request', 'The headers of a part are too long.');
      if (!(await this.#more())) throw cutShort();
    }
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    if (done) this.#isEnded = true;
    else this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
    return !done;
  }
}

function cutShort(): AppError {
  return new AppError('bad_request', 'The upload was cut short.');
}

function partOf(headers: string): Part {
  const lines = headers.split(crlf);
  const lineOf = (name: string): string => lines.find((line) => line.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1) ?? '';
  const { name = '', filename = null, 'filename*': encoded = '' } = parametersOf(lineOf('content-disposition'));
  return { field: name, name: decoded(encoded) ?? filename, type: lineOf('content-type').trim().slice(0, 255) };
}

/** One after the other, so that what a name looks like is never taken for a parameter of its own. The first of a kind counts. */
function parametersOf(header: string): { [name: string]: string } {
  const found: { [name: string]: string } = {};
  // A quote ends it that nothing but a parameter follows: browsers leave a `\` as it is, also before the last one.
  const one = /;\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"(?=\s*(?:;|$))|"([^"]*)"|([^\s;"]*))/gy;
  one.lastIndex = Math.max(0, header.indexOf(';'));
  for (let match = one.exec(header); match !== null; match = one.exec(header)) {
    const [, name = '', quoted, literal, plain = ''] = match;
    // As browsers write it: UTF-8 as it is, quotes percent-encoded.
    const value = quoted?.replace(/\\(["\\])/g, '$1') ?? literal;
    found[name.toLowerCase()] ??= value?.replace(/%22/g, '"') ?? plain;
    const next = header.indexOf(';', one.lastIndex);
    if (next === -1) break;
    one.lastIndex = next;
  }
  return found;
}

/** In the form of RFC 5987; null for what is not. */
function decoded(value: string): string | null {
  const [, encoded] = /^utf-8'[^']*'((?:%[\da-f]{2}|[^%])*)$/i.exec(value) ?? [];
  if (encoded === undefined) return null;
  const bytes = encoded.replace(/%([\da-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

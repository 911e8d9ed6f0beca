// The gate every JSON body and every query passes: bytes in, a value that can be stored, listed, exported and read again
// out. V8 parses nesting it cannot print and numbers it cannot write, Postgres cannot hold U+0000, and a lone surrogate
// is no character: all are refused here, once, for every door; texts are mended where a door asks for it.
import { gunzipSync } from 'node:zlib';
import { AppError } from '../errors.ts';

export const maxBodyBytes = 1024 * 1024;
const maxDepth = 64;
const maxKeys = 10_000;
const maxItems = 50_000;
const maxStringUnits = 64 * 1024;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** What becomes of texts that cannot be stored. */
export type Texts = 'refused' | 'mended';

export function readBody(bytes: Buffer, type: string, encoding: string | undefined, texts: Texts = 'refused'): unknown {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1]?.toLowerCase() ?? 'utf-8';
  if (charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') throw new AppError('unsupported_media_type', 'Send the JSON in UTF-8.');
  return readJson(encoding === undefined || encoding === 'identity' ? bytes : unpack(bytes, encoding), texts);
}

export function readJson(bytes: Buffer, texts: Texts = 'refused'): unknown {
  const text = decode(bytes);
  if (text.trim() === '') return undefined;
  checkDepth(text);
  const value = parse(text, texts === 'mended' && mayNeedMending.test(text) ? mend : undefined);
  checkTree(value, texts);
  return value;
}

// The bytes were well-formed, so only an escape can write what needs mending; a reviver is slow, and most texts have none.
const mayNeedMending = /\\u(0000|d[89a-f])/i;

function mend(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value;
}

function unpack(bytes: Buffer, encoding: string): Buffer {
  if (encoding.toLowerCase() !== 'gzip') throw new AppError('unsupported_media_type', 'Send the body as it is or with Content-Encoding: gzip.');
  // The cap is on what comes out: 329 bytes can expand to 200 MiB.
  const unpacked = attempt(
    () => gunzipSync(bytes, { maxOutputLength: maxBodyBytes }),
    (code) => {
      if (code === 'ERR_BUFFER_TOO_LARGE') throw new AppError('payload_too_large', `The body expands to more than ${maxBodyBytes} bytes.`);
      throw new AppError('bad_request', 'The gzip body is damaged.');
    },
  );
  return unpacked;
}

function decode(bytes: Buffer): string {
  return attempt(
    () => decoder.decode(bytes),
    () => {
      throw new AppError('invalid_json', 'The body is not valid UTF-8.');
    },
  );
}

function parse(text: string, reviver: typeof mend | undefined): unknown {
  return attempt(
    () => JSON.parse(text, reviver) as unknown,
    () => {
      throw new AppError('invalid_json', 'The body is not valid JSON.');
    },
  );
}

// Before parsing, so that deep nesting costs one pass over the text and nothing else.
function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 92) at += 1;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 91 || code === 123) {
      depth += 1;
      if (depth > maxDepth) throw new AppError('bad_request', `The JSON is nested more than ${maxDepth} levels deep.`);
    } else if (code === 93 || code === 125) depth -= 1;
  }
}

function checkTree(root: unknown, texts: Texts): void {
  let keys = 0;
  let items = 0;
  const todo: unknown[] = [root];
  while (todo.length > 0) {
    const value = todo.pop();
    if (typeof value === 'string') checkText(value, texts);
    else if (typeof value === 'number') checkNumber(value);
    else if (Array.isArray(value)) {
      items += value.length;
      if (items > maxItems) throw new AppError('bad_request', `The JSON has more than ${maxItems} list items.`);
      for (const item of value) todo.push(item);
    } else if (value !== null && typeof value === 'object') {
      for (const key of Object.keys(value)) {
        keys += 1;
        if (keys > maxKeys) throw new AppError('bad_request', `The JSON has more than ${maxKeys} keys.`);
        checkText(key, texts);
        // JSON.parse makes it an own property, which a later copy would turn into a prototype.
        if (key === '__proto__') delete (value as Record<string, unknown>)[key];
        else todo.push((value as Record<string, unknown>)[key]);
      }
    }
  }
}

function checkNumber(value: number): void {
  if (!Number.isFinite(value)) throw new AppError('bad_request', 'A number is too large.');
}

function checkText(text: string, texts: Texts): void {
  // Nothing is known by a name that needs mending, and how long a mended text may be is for its field to say.
  if (texts === 'mended') return;
  if (text.length > maxStringUnits) throw new AppError('bad_request', `A text is longer than ${maxStringUnits} characters.`);
  if (text.includes('\u0000')) throw new AppError('bad_request', 'A text contains the character U+0000, which cannot be stored.');
  if (!text.isWellFormed()) throw new AppError('bad_request', 'A text is not well-formed Unicode (a lone surrogate).');
}

/** Whether a text could be stored: what cannot is nobody's id. */
export function isText(text: string): boolean {
  return text.length <= maxStringUnits && !text.includes('\u0000') && text.isWellFormed();
}

/** The query as parsed, checked like a body: the parser itself leaves what it cannot decode as it stands. */
export function checkedQuery(url: string, parsed: unknown): Record<string, unknown> {
  const query = parsed as Record<string, unknown>;
  const start = url.indexOf('?');
  if (start === -1) return query;
  attempt(
    () => decodeURIComponent(url.slice(start)),
    () => {
      throw new AppError('bad_request', 'The query is not valid: percent-encode it as UTF-8.');
    },
  );
  checkTree(query, 'refused');
  return query;
}

function attempt<T>(body: () => T, refuse: (code: unknown) => never): T {
  try {
    return body();
  } catch (error) {
    return refuse((error as { code?: unknown }).code);
  }
}

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openUpload } from './upload.ts';

const spec = { field: 'file', maxBytes: 1024 * 1024 };
const boundary = '----boundary7';
const type = `multipart/form-data; boundary=${boundary}`;

const part = (headers: string, content: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
const file = (content: Buffer | string, name = 'a.txt'): Buffer =>
  part(`Content-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/plain`, content);
const field = (name: string, content: string): Buffer => part(`Content-Disposition: form-data; name="${name}"`, content);
const body = (...parts: Buffer[]): Buffer => Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);

function* cutAt(bytes: Buffer, places: number[]): Generator<Buffer> {
  let from = 0;
  for (const place of [...places].sort((a, b) => a - b)) {
    if (place > from) yield bytes.subarray(from, place);
    from = Math.max(from, place);
  }
  if (from < bytes.length) yield bytes.subarray(from);
}

function request(chunks: Iterable<Buffer>, contentType = type, headers: object = {}): IncomingMessage {
  return Object.assign(Readable.from(chunks), { headers: { 'content-type': contentType, ...headers } }) as unknown as IncomingMessage;
}

async function read(chunks: Iterable<Buffer>, contentType = type, headers = {}): Promise<{ name: string; type: string; bytes: Buffer }> {
  const found = await openUpload(request(chunks, contentType, headers), spec);
  return { ...found, bytes: await buffer(found.bytes as AsyncIterable<Buffer>) };
}

describe('a file in a form', () => {
  test('comes out as it went in, wherever the body is cut into chunks', async () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      // What looks like a boundary and is none.
      fc.array(fc.constantFrom('\r\n', '--', boundary, `\r\n--${boundary.slice(0, -1)}`, 'x'), { maxLength: 12 }).map((texts) => Buffer.from(texts.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(content, fc.array(fc.nat(900), { maxLength: 40 }), fc.boolean(), async (bytes, places, isAmong) => {
        fc.pre(!bytes.includes(`\r\n--${boundary}`) && !bytes.toString('latin1').startsWith(`--${boundary}`));
        const whole = isAmong ? body(field('before', 'x'), file(bytes), field('after', 'y')) : body(file(bytes));
        expect((await read(cutAt(whole, places))).bytes.equals(bytes)).toBe(true);
      }),
    );
  });

  test('is not lost when its name looks like a parameter and comes first', async () => {
    const whole = body(part('Content-Disposition: form-data; filename="a; name=b.txt"; name="file"', 'x'));
    expect(await read([whole])).toMatchObject({ name: 'a; name=b.txt', bytes: Buffer.from('x') });
  });

  test('is found whatever its boundary looks like, and its name in every form that clients use', async () => {
    const named = async (disposition: string): Promise<string> =>
      (await read([body(part(`content-disposition:form-data;name=file;${disposition}`, 'x'))], `Multipart/Form-Data; charset=utf-8; boundary="${boundary}"`))
        .name;
    expect(await named('filename="Grüße.txt"')).toBe('Grüße.txt');
    expect(await named('filename=plain.txt')).toBe('plain.txt');
    expect(await named('filename="a%22b.txt"')).toBe('a"b.txt');
    expect(await named('filename="back\\"')).toBe('back\\');
    expect(await named('filename="a; name=other; filename*=utf-8\'\'b.exe"')).toBe("a; name=other; filename*=utf-8''b.exe");
    expect(await named('Filename="a.txt"; size=1')).toBe('a.txt');
    expect(await named('filename="a\\"b.txt"')).toBe('a"b.txt');
    expect(await named(`filename="x.txt"; filename*=UTF-8''%E2%82%AC.txt`)).toBe('€.txt');
    expect(await named('filename=""')).toBe('');
    expect(await named('filename="C:\\dir\\a.txt"')).toBe('C:\\dir\\a.txt');
  });

  test('a preamble and what follows the end are nobody’s', async () => {
    const whole = Buffer.concat([Buffer.from('This is a form.\r\n'), body(file('x')), Buffer.from('and more')]);
    expect((await read([whole])).bytes.toString()).toBe('x');
  });

  const long = 'y'.repeat(70_000);
  test.each<[what: string, chunks: Buffer[], contentType: string, status: number, says: string]>([
    ['no boundary', [body(file('x'))], 'multipart/form-data', 400, 'The Content-Type names no boundary between the parts, or none that can be used.'],
    ['a boundary too long', [body(file('x'))], `multipart/form-data; boundary=${'b'.repeat(71)}`, 400, 'The Content-Type names no boundary'],
    ['another type', [body(file('x'))], 'application/octet-stream', 415, 'Send the file as multipart/form-data.'],
    ['another boundary', [body(file('x'))], 'multipart/form-data; boundary=other', 400, 'The upload was cut short.'],
    ['nothing', [], type, 400, 'The upload was cut short.'],
    ['no part', [body()], type, 422, 'Send the file in the part "file".'],
    ['no file', [body(field('file', 'x'), field('other', 'y'))], type, 422, 'Send the file in the part "file".'],
    ['two files', [body(file('x'), file('y'))], type, 422, 'Send one file at a time.'],
    ['ten thousand parts', [body(...Array.from({ length: 10_000 }, () => field('a', 'b')))], type, 400, 'The body has more than 20 parts.'],
    ['ten thousand parts behind', [body(file('x'), ...Array.from({ length: 10_000 }, () => field('a', 'b')))], type, 400, 'The body has more than 20 parts.'],
    ['much beside the file', [body(field('a', long), file('x'))], type, 413, 'There is too much beside the file.'],
    ['headers without end', [Buffer.from(`--${boundary}\r\nX: ${long}`)], type, 400, 'The headers of a part are too long.'],
    ['a file too large', [body(file(randomBytes(spec.maxBytes + 1)))], type, 413, 'The file is larger than 1 MB.'],
    ['a line where a part should be', [Buffer.from(`--${boundary}x\r\n`)], type, 400, 'The parts of the body are not divided as they should be.'],
  ])('%s is refused in a sentence', async (_what, chunks, contentType, status, says) => {
    await expect(read(chunks, contentType)).rejects.toMatchObject({ status, message: expect.stringContaining(says) });
  });

  test('a body that is cut anywhere before its end never ends well', async () => {
    const whole = body(field('a', 'b'), file('some content'));
    for (let at = 0; at < whole.length - 4; at += 1) await expect(read([whole.subarray(0, at)]), String(at)).rejects.toMatchObject({ status: 400 });
  });

  test('one that says beforehand that it is too large is not read', async () => {
    const never = request([], type, { 'content-length': String(2 * spec.maxBytes) });
    await expect(openUpload(never, spec)).rejects.toMatchObject({ status: 413, message: 'The file is larger than 1 MB.' });
    expect(never.readableDidRead).toBe(false);
  });

  test('bytes are taken from the sender as they are wanted, and not before', async () => {
    let taken = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const sender = (function* () {
      yield file('').subarray(0, -2);
      for (; taken < 1000; taken += 1) yield chunk;
    })();
    const found = await openUpload(request(sender), { field: 'file', maxBytes: 1000 * chunk.length });
    const bytes = found.bytes[Symbol.asyncIterator]();
    for (let count = 0; count < 5; count += 1) await bytes.next();
    expect(taken).toBeLessThan(50);
  });

  test('a file of exactly the limit passes', async () => {
    expect((await read([body(file(Buffer.alloc(spec.maxBytes)))])).bytes.length).toBe(spec.maxBytes);
  });
});

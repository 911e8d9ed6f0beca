import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { checkedQuery, maxBodyBytes, readBody } from './json.ts';

const json = 'application/json';
const read = (body: string | Buffer, type = json, encoding?: string): unknown => readBody(Buffer.from(body as string), type, encoding);

// Tens of milliseconds on an idle machine; a second is where something grows faster than what was sent.
const maxMs = 1_000;

function refusal(act: () => unknown): [number, string] {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return [(error as AppError).status, (error as AppError).message];
  }
  throw new Error('it was accepted');
}

describe('a body is read', () => {
  test.each<[string, string | Buffer, unknown]>([
    ['nothing', '', undefined],
    ['space', ' \r\n\t', undefined],
    ['with a byte order mark', Buffer.from('\uFEFF{"a":1}'), { a: 1 }],
    ['a text alone', '"x"', 'x'],
    ['null', 'null', null],
    ['64 levels', '['.repeat(64) + ']'.repeat(64), JSON.parse('['.repeat(64) + ']'.repeat(64))],
    ['brackets in texts', JSON.stringify({ a: '['.repeat(1000), b: '\\"[[[' }), { a: '['.repeat(1000), b: '\\"[[[' }],
    ['a key twice: the last holds', '{"a":1,"a":2}', { a: 2 }],
    ['64 Ki characters', JSON.stringify('x'.repeat(65_536)), 'x'.repeat(65_536)],
    ['a pair of surrogates', '"\\ud83d\\ude00"', '😀'],
    ['a large number that is one', '1e308', 1e308],
  ])('%s', (_name, body, value) => {
    expect(read(body)).toEqual(value);
  });

  test('unpacked from gzip, as is', () => {
    expect(read(gzipSync('{"a":"ü"}'), json, 'gzip')).toEqual({ a: 'ü' });
    expect(read(gzipSync('{"a":1}'), json, 'GZIP')).toEqual({ a: 1 });
    expect(read('{"a":1}', json, 'identity')).toEqual({ a: 1 });
  });

  test('without what would become a prototype, at any depth', () => {
    const value = read('{"__proto__":{"admin":true},"a":[{"__proto__":{"admin":true},"b":1}],"constructor":{"prototype":{"admin":true}}}') as Record<
      string,
      unknown
    >;
    expect(JSON.stringify(value)).toBe('{"a":[{"b":1}],"constructor":{"prototype":{"admin":true}}}');
    expect([Object.getPrototypeOf(value), ({} as { admin?: boolean }).admin]).toEqual([Object.prototype, undefined]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('a body is refused, in a sentence', () => {
  test.each<[string, string | Buffer, number, RegExp]>([
    ['half an object', '{"a":', 400, /not valid JSON/],
    ['two values', '{} {}', 400, /not valid JSON/],
    ['NaN', '{"a":NaN}', 400, /not valid JSON/],
    ['a comment', '{"a":1 /* x */}', 400, /not valid JSON/],
    ['UTF-16', Buffer.from('\uFEFF{"a":1}', 'utf16le'), 400, /not valid UTF-8/],
    ['overlong UTF-8', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 400, /not valid UTF-8/],
    ['half a character', Buffer.from([0x22, 0xe2, 0x82, 0x22]), 400, /not valid UTF-8/],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 400, /not valid UTF-8/],
    ['a lone surrogate', '{"a":"\\ud800"}', 400, /well-formed Unicode/],
    ['a lone surrogate in a key', '{"\\udc00":1}', 400, /well-formed Unicode/],
    ['U+0000', '{"a":["x\\u0000y"]}', 400, /U\+0000/],
    ['U+0000 in a key', '{"a\\u0000":1}', 400, /U\+0000/],
    ['65 levels', '['.repeat(65) + ']'.repeat(65), 400, /more than 64 levels/],
    ['100,000 levels', '{"a":'.repeat(100_000), 400, /more than 64 levels/],
    ['10,001 keys', JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [`k${n}`, 1]))), 400, /more than 10000 keys/],
    ['50,001 items', JSON.stringify(Array.from({ length: 50_001 }, () => 0)), 400, /more than 50000 list items/],
    ['64 Ki characters and one', JSON.stringify('x'.repeat(65_537)), 400, /longer than 65536/],
    ['an infinite number', '{"a":1e999}', 400, /number is too large/],
    ['a megabyte of digits', '9'.repeat(1_000_000), 400, /number is too large/],
  ])('%s', (_name, body, status, sentence) => {
    const begun = performance.now();
    expect(refusal(() => read(body))).toEqual([status, expect.stringMatching(sentence)]);
    expect(performance.now() - begun).toBeLessThan(maxMs);
  });

  test.each<[string, Buffer, string, number, RegExp]>([
    ['a gzip bomb', gzipSync(Buffer.alloc(200 * maxBodyBytes)), 'gzip', 413, /expands to more than/],
    ['half a gzip', gzipSync('{"a":1}').subarray(0, 12), 'gzip', 400, /damaged/],
    ['no gzip at all', Buffer.from('{}'), 'gzip', 400, /damaged/],
    ['gzip in gzip', gzipSync(gzipSync('{}')), 'gzip, gzip', 415, /gzip/],
    ['five encodings', gzipSync('{}'), 'gzip,gzip,gzip,gzip,gzip', 415, /gzip/],
    ['brotli', brotliCompressSync(Buffer.alloc(200 * maxBodyBytes)), 'br', 415, /gzip/],
    ['deflate', deflateSync('{}'), 'deflate', 415, /gzip/],
    ['an encoding nobody knows', Buffer.from('{}'), 'rot13', 415, /gzip/],
  ])('%s', (_name, bytes, encoding, status, sentence) => {
    const before = process.memoryUsage().rss;
    const begun = performance.now();
    expect(refusal(() => readBody(bytes, json, encoding))).toEqual([status, expect.stringMatching(sentence)]);
    expect(performance.now() - begun).toBeLessThan(maxMs);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('a charset other than UTF-8 is refused', () => {
    expect(refusal(() => read('{}', 'application/json; charset=utf-16'))).toEqual([415, 'Send the JSON in UTF-8.']);
  });
});

describe('a query', () => {
  test.each([
    ['/x?a=%C0%AF', { a: '%C0%AF' }, /percent-encode/],
    ['/x?a=%zz', { a: '%zz' }, /percent-encode/],
    ['/x?%=1', { '%': '1' }, /percent-encode/],
    ['/x?a=%00', { a: '\0' }, /U\+0000/],
    ['/x?a=%00&a=b', { a: ['b', '\0'] }, /U\+0000/],
  ])('%s is refused', (url, parsed, sentence) => {
    expect(refusal(() => checkedQuery(url, parsed))).toEqual([400, expect.stringMatching(sentence)]);
  });

  test('has no prototype to change', () => {
    const query = Object.assign(Object.create(null), { a: '1' });
    Object.defineProperty(query, '__proto__', { value: 'x', enumerable: true, configurable: true });
    expect(Object.keys(checkedQuery('/x?a=1&__proto__=x', query))).toEqual(['a']);
  });
});

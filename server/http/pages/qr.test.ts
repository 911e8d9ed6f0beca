import { expect, test } from 'vitest';
import { dataModules, errorCorrection, formatBits, masks, multiply, type Qr, qrOf, versionBits } from './qr.ts';

// From the standard itself: its example 01234567 at 1-M, and the bits of its tables.
test('codewords, format and version are those of the standard', () => {
  const data = [0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11];
  expect(errorCorrection(data, 10)).toEqual([0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55]);
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((mask) => formatBits(mask).toString(2).padStart(15, '0'))).toEqual([
    ...['101010000010010', '101000100100101', '101111001111100', '101101101001011'],
    ...['100010111111001', '100000011001110', '100111110010111', '100101010100000'],
  ]);
  expect([7, 8, 9, 10].map((version) => versionBits(version).toString(2).padStart(18, '0'))).toEqual([
    ...['000111110010010100', '001000010110111100', '001001101010011001', '001010010011010011'],
  ]);
});

/** Read as a camera would: format from its corner, modules in their order, no error left in any block, then the bytes. */
function read({ size, modules }: Qr): string {
  const at = (x: number, y: number): boolean => modules[y]?.[x] === true;
  const version = (size - 17) / 4;
  const places = [...[0, 1, 2, 3, 4, 5, 7].map((y) => [8, y] as const), ...[8, 7, 5, 4, 3, 2, 1, 0].map((x) => [x, 8] as const)];
  const format = places.reduce((bits, [x, y], bit) => bits | (Number(at(x, y)) << bit), 0);
  const mask = [0, 1, 2, 3, 4, 5, 6, 7].findIndex((one) => formatBits(one) === format);
  const centres =
    version === 1 ? [] : [6, ...Array.from({ length: version < 7 ? 1 : 2 }, (_, n) => (version < 7 ? size - 7 : n === 1 ? size - 7 : (size - 1) / 2))];
  const isPattern = (x: number, y: number): boolean => {
    const isCorner = (x < 9 && y < 9) || (x >= size - 8 && y < 9) || (x < 9 && y >= size - 8);
    const isVersion = version >= 7 && ((x < 6 && y >= size - 11) || (y < 6 && x >= size - 11));
    const isAlignment = centres.some((cx) =>
      centres.some((cy) => {
        const isOnCorner = (cx === 6 && cy === 6) || (cx === 6 && cy === size - 7) || (cx === size - 7 && cy === 6);
        return !isOnCorner && Math.abs(x - cx) <= 2 && Math.abs(y - cy) <= 2;
      }),
    );
    return isCorner || isVersion || isAlignment || x === 6 || y === 6;
  };
  const bits = [...dataModules(size, (x, y) => !isPattern(x, y))].map(([x, y]) => Number(at(x, y) !== masks[mask]?.(x, y)));
  const words = Array.from({ length: Math.floor(bits.length / 8) }, (_, n) => Number.parseInt(bits.slice(n * 8, n * 8 + 8).join(''), 2));
  const [ecc, sizes] = (
    [
      [10, [16]],
      [16, [28]],
      [26, [44]],
      [18, [32, 32]],
      [24, [43, 43]],
      [16, [27, 27, 27, 27]],
      [18, [31, 31, 31, 31]],
      [22, [38, 38, 39, 39]],
      [22, [36, 36, 36, 37, 37]],
      [26, [43, 43, 43, 43, 44]],
    ] as [number, number[]][]
  )[version - 1] ?? [0, []];
  const parts: number[][] = sizes.map(() => []);
  const take = (part: number[]): void => void part.push(words.shift() ?? 0);
  for (let n = 0; n < Math.max(...sizes); n += 1) for (const [index, part] of parts.entries()) if (n < (sizes[index] ?? 0)) take(part);
  const data = parts.flat();
  for (let n = 0; n < ecc; n += 1) for (const part of parts) take(part);
  for (const part of parts) {
    for (let n = 0, root = 1; n < ecc; n += 1, root = multiply(root, 2)) expect(part.reduce((value, word) => multiply(value, root) ^ word, 0)).toBe(0);
  }
  const stream = data.map((word) => word.toString(2).padStart(8, '0')).join('');
  const width = version < 10 ? 8 : 16;
  expect(stream.slice(0, 4)).toBe('0100');
  const length = Number.parseInt(stream.slice(4, 4 + width), 2);
  const bytes = Array.from({ length }, (_, n) => Number.parseInt(stream.slice(4 + width + n * 8, 12 + width + n * 8), 2));
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

test('every length reads back, in the smallest version that holds it', () => {
  for (const [length, version] of [
    [1, 1],
    [14, 1],
    [15, 2],
    [42, 3],
    [62, 4],
    [84, 5],
    [106, 6],
    [122, 7],
    [152, 8],
    [180, 9],
    [181, 10],
    [213, 10],
  ] as const) {
    const text = 'https://chat.example/b/é😀'
      .padEnd(400, 'site_')
      .slice(0, length)
      .replace(/[^\x20-\x7e]/g, 'x');
    const code = qrOf(text);
    expect(code?.size, `${length}`).toBe(version * 4 + 17);
    expect(code && read(code)).toBe(text);
  }
  const accents = qrOf('https://café.example/b/日本');
  expect(accents && read(accents)).toBe('https://café.example/b/日本');
  expect(qrOf('x'.repeat(214))).toBe(null);
});

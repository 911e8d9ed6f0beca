// A QR code (ISO/IEC 18004) of a text in bytes: level M, the smallest of versions 1 to 10 that holds it. Dark modules are true.

/** Of level M, by version: error correction codewords per block, and how many data codewords each block has. */
const blocks: readonly [ecc: number, sizes: readonly number[]][] = [
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
];
const alignments: readonly (readonly number[])[] = [[], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50]];

export type Qr = { size: number; modules: readonly (readonly boolean[])[] };

/** Null when the text is too long for version 10: 213 bytes. */
export function qrOf(text: string): Qr | null {
  const bytes = new TextEncoder().encode(text);
  const version = blocks.findIndex(([, sizes], at) => headBytes(at + 1) + bytes.length <= sum(sizes)) + 1;
  const layout = blocks[version - 1];
  if (!layout) return null;
  const codewords = interleaved(dataCodewords(bytes, version, sum(layout[1])), layout);
  const drawn = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => draw(version, codewords, mask));
  return drawn.reduce((best, one) => (penalty(one.modules) < penalty(best.modules) ? one : best));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
/** Mode and length before the bytes, and the half byte that ends them. */
const headBytes = (version: number): number => (version < 10 ? 2 : 3);

function dataCodewords(bytes: Uint8Array, version: number, capacity: number): number[] {
  const bits: number[] = [];
  const push = (value: number, width: number): void => {
    for (let at = width - 1; at >= 0; at -= 1) bits.push((value >> at) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) push(byte, 8);
  push(0, 4);
  const words = Array.from({ length: bits.length / 8 }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8).join(''), 2));
  for (let pad = 0xec; words.length < capacity; pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

function interleaved(data: readonly number[], [ecc, sizes]: readonly [number, readonly number[]]): number[] {
  const starts = sizes.map((_, at) => sum(sizes.slice(0, at)));
  const parts = sizes.map((size, at) => data.slice(starts[at] ?? 0, (starts[at] ?? 0) + size));
  const corrections = parts.map((part) => errorCorrection(part, ecc));
  const across = (lists: readonly (readonly number[])[]): number[] =>
    Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat();
  return [...across(parts), ...across(corrections)];
}

/** In the field of 256 elements, modulo x⁸+x⁴+x³+x²+1. */
export function multiply(one: number, other: number): number {
  let product = 0;
  for (let at = 7; at >= 0; at -= 1) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((other >> at) & 1) * one);
  return product;
}

/** The Reed-Solomon codewords that follow these. */
export function errorCorrection(data: readonly number[], count: number): number[] {
  let divisor = [1];
  for (let at = 0, root = 1; at < count; at += 1, root = multiply(root, 2)) {
    divisor = [...divisor, 0].map((value, index) => value ^ multiply(divisor[index - 1] ?? 0, root));
  }
  const remainder: number[] = new Array(count).fill(0);
  for (const byte of data) {
    const factor = byte ^ (remainder.shift() ?? 0);
    remainder.push(0);
    for (let at = 0; at < count; at += 1) remainder[at] = (remainder[at] ?? 0) ^ multiply(divisor[at + 1] ?? 0, factor);
  }
  return remainder;
}

/** Level M and the mask, with their own correction. */
export function formatBits(mask: number): number {
  return ((mask << 10) | remainderOf(mask << 10, 0x537, 10)) ^ 0x5412;
}

export function versionBits(version: number): number {
  return (version << 12) | remainderOf(version << 12, 0x1f25, 12);
}

function remainderOf(value: number, generator: number, degree: number): number {
  let rest = value;
  for (let bit = 20; bit >= degree; bit -= 1) if ((rest >> bit) & 1) rest ^= generator << (bit - degree);
  return rest;
}

export const masks: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

function draw(version: number, codewords: readonly number[], mask: number): Qr {
  const size = version * 4 + 17;
  const drawn: (boolean | undefined)[][] = Array.from({ length: size }, () => new Array(size).fill(undefined));
  const put = (x: number, y: number, isDark: boolean): void => {
    const row = drawn[y];
    if (row && x >= 0 && x < size) row[x] = isDark;
  };
  drawPatterns(version, size, put, (x, y) => drawn[y]?.[x] !== undefined);
  drawFormat(version, size, mask, put);
  let at = 0;
  for (const [x, y] of dataModules(size, (column, row) => drawn[row]?.[column] === undefined)) {
    const bit = ((codewords[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
    put(x, y, (bit === 1) !== (masks[mask]?.(x, y) ?? false));
    at += 1;
  }
  return { size, modules: drawn.map((row) => row.map((one) => one === true)) };
}

type Put = (x: number, y: number, isDark: boolean) => void;

function drawPatterns(version: number, size: number, put: Put, isTaken: (x: number, y: number) => boolean): void {
  for (const [left, top] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const) {
    for (let y = -4; y <= 4; y += 1) {
      for (let x = -4; x <= 4; x += 1) {
        const ring = Math.max(Math.abs(x), Math.abs(y));
        if (top + y >= 0 && top + y < size) put(left + x, top + y, ring !== 2 && ring !== 4);
      }
    }
  }
  const centres = alignments[version - 1] ?? [];
  for (const cy of centres) {
    for (const cx of centres) {
      if (isTaken(cx, cy)) continue;
      for (let y = -2; y <= 2; y += 1) for (let x = -2; x <= 2; x += 1) put(cx + x, cy + y, Math.max(Math.abs(x), Math.abs(y)) !== 1);
    }
  }
  for (let at = 8; at < size - 8; at += 1) {
    put(at, 6, at % 2 === 0);
    put(6, at, at % 2 === 0);
  }
}

function drawFormat(version: number, size: number, mask: number, put: Put): void {
  const format = formatBits(mask);
  for (let at = 0; at < 15; at += 1) {
    const isDark = ((format >> at) & 1) === 1;
    if (at < 8) put(size - 1 - at, 8, isDark);
    else put(8, size - 15 + at, isDark);
    if (at < 6) put(8, at, isDark);
    else if (at < 8) put(8, at + 1, isDark);
    else put(at === 8 ? 7 : 14 - at, 8, isDark);
  }
  put(8, size - 8, true);
  if (version < 7) return;
  const bits = versionBits(version);
  for (let at = 0; at < 18; at += 1) {
    const [far, near] = [size - 11 + (at % 3), Math.floor(at / 3)];
    put(far, near, ((bits >> at) & 1) === 1);
    put(near, far, ((bits >> at) & 1) === 1);
  }
}

/** Two columns at a time from the right, up and down in turn. */
export function* dataModules(size: number, isFree: (x: number, y: number) => boolean): Generator<[number, number]> {
  let isUp = true;
  for (let right = size - 1; right > 0; right -= 2, isUp = !isUp) {
    if (right === 6) right -= 1;
    for (let step = 0; step < size; step += 1) {
      const y = isUp ? size - 1 - step : step;
      for (const x of [right, right - 1]) if (isFree(x, y)) yield [x, y];
    }
  }
}

/** How hard it is to read: runs, squares, what looks like a corner, and too much of one colour. */
function penalty(modules: Qr['modules']): number {
  const size = modules.length;
  const columns = modules.map((_, x) => modules.map((row) => row[x] ?? false));
  const lines = [...modules, ...columns].map((line) => line.map(Number).join(''));
  const runs = lines.flatMap((line) => line.match(/0{5,}|1{5,}/g) ?? []).map((run) => run.length - 2);
  const corners = lines.map((line) => [...line.matchAll(/(?=00001011101|10111010000)/g)].length * 40);
  let squares = 0;
  for (let y = 1; y < size; y += 1) {
    for (let x = 1; x < size; x += 1) {
      const one = modules[y]?.[x];
      if (one === modules[y]?.[x - 1] && one === modules[y - 1]?.[x] && one === modules[y - 1]?.[x - 1]) squares += 3;
    }
  }
  const dark = sum(lines.slice(0, size).map((line) => line.replaceAll('0', '').length)) / (size * size);
  return sum(runs) + sum(corners) + squares + Math.floor(Math.abs(dark * 100 - 50) / 5) * 10;
}

/** As one path of an SVG with a quiet margin of four modules. */
export function qrSvg({ size, modules }: Qr, label: string): string {
  const path = modules.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x + 4} ${y + 4}h1v1h-1z`] : []))).join('');
  const whole = size + 8;
  return `<svg viewBox="0 0 ${whole} ${whole}" role="img" aria-label="${label}" shape-rendering="crispEdges"><rect width="${whole}" height="${whole}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`;
}

import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withoutMetadata } from './jpeg-privacy.ts';

const segment = (marker: number, content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content as string, 'latin1');
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(bytes.length + 2, 2);
  return Buffer.concat([head, bytes]);
};

const coded = (bytes: number[]): Buffer => Buffer.from(bytes);
/** As browsers write one, 24 by 16 pixels; and the frame of one in several scans, with what looks like an end in a table between them. */
const pictures = {
  baseline: Buffer.from(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADb/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAQABgDASIAAhEBAxEB/8QAGAAAAgMAAAAAAAAAAAAAAAAAAAMBAgX/xAAWEAEBAQAAAAAAAAAAAAAAAAAAAQL/xAAWAQEBAQAAAAAAAAAAAAAAAAAFBAb/xAAXEQEBAQEAAAAAAAAAAAAAAAADAAQi/9oADAMBAAIRAxEAPwDB1SdVbVJ1VeULQ6Wo1QXqg+QcwiN1f//Z',
    'base64',
  ),
  progressive: Buffer.concat([
    coded([0xff, 0xd8]),
    segment(0xe0, 'JFIF\0\x01\x01\0\0\x01\0\x01\0\0'),
    segment(0xc2, '\x08\0\x10\0\x18\x01\x01\x11\0'),
    segment(0xda, '\x01\x01\0\0\0\x01'),
    coded([0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0x00]),
    segment(0xc4, '\x10\xff\xd9\xff\xda\xff'),
    coded([0xff]),
    segment(0xda, '\x01\x01\0\x01\x3f\x10'),
    coded([0x78, 0xff, 0xd7, 0xff, 0x00, 0x9a, 0xff, 0xd9]),
  ]),
};

/** A TIFF with an orientation, and a place that must not be told. */
function exif(order: 'II' | 'MM', orientation: number): Buffer {
  const isLittle = order === 'II';
  const short = (value: number) => (isLittle ? [value & 255, value >> 8] : [value >> 8, value & 255]);
  const long = (value: number) => (isLittle ? [...short(value), 0, 0] : [0, 0, ...short(value)]);
  const entry = (tag: number, type: number, value: number[]) => [...short(tag), ...short(type), ...long(1), ...value];
  const directory = [...short(2), ...entry(0x0112, 3, [...short(orientation), 0, 0]), ...entry(0x8825, 4, long(60)), ...long(0)];
  const tiff = [...Buffer.from(order), ...short(42), ...long(8), ...directory];
  return segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), Buffer.from(tiff), Buffer.from('GPS 52.5200N 13.4050E')]));
}

/** Written behind the mark of its beginning. */
const withSegments = (picture: Buffer, ...segments: Buffer[]): Buffer => Buffer.concat([picture.subarray(0, 2), ...segments, picture.subarray(2)]);
const secrets = [
  segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0<exif:GPSLatitude>52,31.2N</exif:GPSLatitude>'),
  segment(0xed, 'Photoshop 3.0\x008BIM Berlin'),
  segment(0xe2, 'MPF\0II* second picture'),
  segment(0xfe, 'taken at home'),
];
const profile = segment(0xe2, 'ICC_PROFILE\0\x01\x01 colours');

function* cutAt(bytes: Buffer, places: readonly number[]): Generator<Buffer> {
  let from = 0;
  for (const place of [...places].sort((a, b) => a - b).filter((one) => one < bytes.length)) {
    if (place > from) yield bytes.subarray(from, place);
    from = Math.max(from, place);
  }
  yield bytes.subarray(from);
}

async function* slowly(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

const clean = (bytes: Buffer, places: readonly number[] = []): Promise<Buffer> => buffer(withoutMetadata(slowly(cutAt(bytes, places))));
const places = fc.array(fc.nat(3_000), { maxLength: 30 });

describe.each(Object.entries(pictures))('a %s photograph', (_kind, picture) => {
  test('keeps every byte of the picture and none of the place, wherever it is cut into chunks', async () => {
    const whole = withSegments(picture, exif('II', 1), ...secrets, profile);
    await fc.assert(
      fc.asyncProperty(places, async (cuts) => {
        expect((await clean(whole, cuts)).equals(withSegments(picture, profile))).toBe(true);
      }),
    );
  });

  test.each(['II', 'MM'] as const)('stands as it stood, written in the order %s', async (order) => {
    for (const orientation of [2, 3, 6, 8]) {
      const cleaned = await clean(withSegments(picture, exif(order, orientation)));
      expect(cleaned.includes('GPS')).toBe(false);
      expect(cleaned.length).toBe(picture.length + 36);
      const at = cleaned.indexOf('Exif');
      expect([cleaned.readUInt16BE(at + 16), cleaned.readUInt16BE(at + 24)]).toEqual([0x0112, orientation]);
      // And again: what is clean stays as it is.
      expect((await clean(cleaned)).equals(cleaned)).toBe(true);
    }
    for (const nonsense of [0, 9, 65_535]) expect((await clean(withSegments(picture, exif(order, nonsense)))).equals(picture)).toBe(true);
  });

  test('carries nothing behind its end', async () => {
    const whole = Buffer.concat([picture, withSegments(picture, exif('MM', 1)), Buffer.from('a film')]);
    await fc.assert(
      fc.asyncProperty(places, async (cuts) => {
        expect((await clean(whole, cuts)).equals(picture)).toBe(true);
      }),
    );
  });

  test('that breaks off is never made worse', async () => {
    const whole = withSegments(picture, exif('II', 6), profile);
    const good = await clean(whole);
    for (let length = 0; length < whole.length; length += 1) {
      const cut = await clean(whole.subarray(0, length));
      // Either as it came, or the beginning of what is right.
      expect(cut.equals(whole.subarray(0, length)) || good.subarray(0, cut.length).equals(cut), String(length)).toBe(true);
    }
  });
});

describe('what is no photograph', () => {
  test('passes to the last byte', async () => {
    const something = fc.oneof(
      fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
      // What begins as one.
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(bytes)])),
    );
    await fc.assert(
      fc.asyncProperty(something, places, async (bytes, cuts) => {
        fc.pre(!bytes.includes(Buffer.from([0xff, 0xda])));
        expect((await clean(bytes, cuts)).equals(bytes)).toBe(true);
      }),
    );
  });

  test('nor one whose beginning has no end: it is held no longer than a megabyte', async () => {
    const long = Buffer.concat([Buffer.from([0xff, 0xd8]), ...Array.from({ length: 40 }, () => segment(0xe1, 'x'.repeat(60_000)))]);
    let given = 0;
    const sender = (async function* () {
      for (const chunk of cutAt(
        long,
        Array.from({ length: 100 }, (_, at) => at * 32_768),
      )) {
        given += chunk.length;
        yield chunk;
      }
    })();
    const first = await withoutMetadata(sender).next();
    expect(given).toBeLessThan(1024 * 1024 + 40_000);
    expect(first.value?.length).toBe(given);
    expect((await clean(long)).equals(long)).toBe(true);
  });
});

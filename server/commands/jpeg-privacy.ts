// Takes out of a photograph what it says besides the picture, above all where it was taken: cameras write the place into
// it, and visitors do not mean to tell it. Only which way up it is stays. A small walk over the segments of a JPEG, as its
// bytes pass; not a decoder. What does not read as one passes as it is, to the last byte.

const soi = 0xd8;
const sos = 0xda;
const eoi = 0xd9;
/** Before the picture itself: thumbnails, colour profiles. What has more is left as it is. */
const maxHeadBytes = 1024 * 1024;

/** The bytes of a file of any kind; a JPEG without EXIF, XMP, IPTC, comments, and what stands behind its end. */
export async function* withoutMetadata(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Buffer = Buffer.alloc(0);
  let tail: Tail | null = null;
  let isPlain = false;
  for await (const chunk of bytes) {
    if (isPlain) {
      yield chunk;
      continue;
    }
    if (tail) {
      const kept = tail.keep(chunk);
      if (kept.length > 0) yield kept;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const read = headOf(head);
    if (read === 'more' && head.length <= maxHeadBytes) continue;
    isPlain = typeof read === 'string';
    if (typeof read === 'string') yield head;
    else {
      tail = new Tail();
      yield* read.kept;
      yield tail.keep(head.subarray(read.length));
    }
    head = Buffer.alloc(0);
  }
  if (head.length > 0) yield head;
}

/** All segments before the picture, without those that tell something; `more` when it is cut off, `other` for what is no JPEG. */
function headOf(bytes: Buffer): { kept: Buffer[]; length: number } | 'more' | 'other' {
  if (bytes.length < 2) return 'more';
  if (bytes[0] !== 0xff || bytes[1] !== soi) return 'other';
  const kept = [bytes.subarray(0, 2)];
  let orientation = 1;
  for (let at = 2; ; ) {
    if (at + 4 > bytes.length) return 'more';
    const marker = bytes[at + 1] ?? 0;
    // Fill bytes and markers without a length are allowed, and written by nobody.
    if (bytes[at] !== 0xff || marker < 0xc0 || (marker >= 0xd0 && marker <= eoi)) return 'other';
    const length = bytes.readUInt16BE(at + 2);
    const end = at + 2 + length;
    if (length < 2) return 'other';
    if (end > bytes.length) return 'more';
    const segment = bytes.subarray(at, end);
    if (isExif(segment)) orientation = orientationIn(segment.subarray(10));
    if (!tells(segment, marker)) kept.push(segment);
    at = end;
    if (marker !== sos) continue;
    if (orientation !== 1) kept.splice(placeFor(kept), 0, uprightBy(orientation));
    return { kept, length: at };
  }
}

const app = (n: number): number => 0xe0 + n;
const comment = 0xfe;

function isExif(segment: Buffer): boolean {
  return segment[1] === app(1) && segment.toString('latin1', 4, 10) === 'Exif\0\0';
}

/** EXIF and XMP are APP1, IPTC is APP13; of APP2 the colour profile stays, an index of further pictures does not. JFIF and Adobe's colours stay. */
function tells(segment: Buffer, marker: number): boolean {
  if (marker === comment) return true;
  if (marker === app(2)) return segment.toString('latin1', 4, 16) !== 'ICC_PROFILE\0';
  return marker > app(0) && marker <= app(15) && marker !== app(14);
}

/** Behind JFIF, which must be the first. */
function placeFor(kept: readonly Buffer[]): number {
  return kept[1]?.[1] === app(0) ? 2 : 1;
}

const orientationTag = 0x0112;

/** 1 to 8, of the first directory of a TIFF; 1 (as it lies) for what cannot be read. */
function orientationIn(tiff: Buffer): number {
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 14 || (order !== 'II' && order !== 'MM')) return 1;
  const isLittle = order === 'II';
  const short = (at: number): number => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const start = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  const count = short(start);
  for (let entry = start + 2; entry < start + 2 + count * 12 && entry + 12 <= tiff.length; entry += 12) {
    if (short(entry) !== orientationTag) continue;
    const value = short(entry + 8);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** An EXIF segment that says nothing else. */
function uprightBy(orientation: number): Buffer {
  const entry = [0x01, 0x12, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00, orientation, 0x00, 0x00];
  const tiff = [0x4d, 0x4d, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x08, 0x00, 0x01, ...entry, 0x00, 0x00, 0x00, 0x00];
  return Buffer.from([0xff, app(1), 0x00, 2 + 6 + tiff.length, ...Buffer.from('Exif\0\0', 'latin1'), ...tiff]);
}

/**
 * The picture itself, scan after scan, to its end: phones hang a film or a second photograph behind it, with a place of
 * its own. In the data of a scan an end is written nowhere but at the end; in the tables between scans it may be.
 */
class Tail {
  #isMarker = false;
  #isOver = false;
  /** Of a table between two scans: bytes of its length that were read, and bytes still to pass. */
  #length: number[] | null = null;
  #skip = 0;

  keep(chunk: Uint8Array): Uint8Array {
    if (this.#isOver) return chunk.subarray(0, 0);
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step - 1;
      } else if (this.#length) {
        this.#length.push(byte);
        const [high = 0, low] = this.#length;
        if (low === undefined) continue;
        this.#skip = Math.max(0, high * 256 + low - 2);
        this.#length = null;
      } else if (!this.#isMarker) {
        const next = chunk.indexOf(0xff, at);
        if (next === -1) return chunk;
        at = next;
        this.#isMarker = true;
      } else if (byte === eoi) {
        this.#isOver = true;
        return chunk.subarray(0, at + 1);
      } else if (byte !== 0xff) {
        this.#isMarker = false;
        // Nothing of its own follows a stuffed byte, or a mark between two rows.
        if (byte >= 0xc0 && (byte < 0xd0 || byte > eoi)) this.#length = [];
      }
    }
    return chunk;
  }
}

// What a file is, by its bytes as they pass; nothing is held but its beginning. A name or a header decides nothing. What
// is not clearly one harmless thing, or could be read as another as well, is `application/octet-stream`.
export type FileType = { type: string; kind: 'image' | 'video' | 'audio' | 'file'; isInlineSafe: boolean };

export type Sniffer = { see(bytes: Uint8Array): void; judge(name: string): FileType };

const headBytes = 4096;
const unknown: FileType = { type: 'application/octet-stream', kind: 'file', isInlineSafe: false };

const inline: Record<string, FileType['kind']> = {
  'image/png': 'image',
  'image/jpeg': 'image',
  'image/gif': 'image',
  'image/webp': 'image',
  'image/avif': 'image',
  'image/heic': 'image',
  'video/mp4': 'video',
  'video/webm': 'video',
  'video/quicktime': 'video',
  'audio/mpeg': 'audio',
  'audio/ogg': 'audio',
  'audio/wav': 'audio',
  'audio/mp4': 'audio',
  'application/pdf': 'file',
  'text/plain': 'file',
};

/** ISO media: the brand says which. */
const brands: [pattern: RegExp, type: string][] = [
  [/^avi[fs]$/, 'image/avif'],
  [/^(hei[cxms]|hev[cx]|mif1|msf1)$/, 'image/heic'],
  [/^M4[AB] $/, 'audio/mp4'],
  [/^qt {2}$/, 'video/quicktime'],
  [/^(mp4[12]|iso[m2-9]|avc1|dash|M4V |MSNV|3gp[4-9])$/, 'video/mp4'],
];

/** Of the zip family, what the first entries and the name agree on; with macros it is none of these. */
const offices: Record<string, string> = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  odt: 'application/vnd.oasis.opendocument.text',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odp: 'application/vnd.oasis.opendocument.presentation',
};

/** Whoever opens one of these by its name runs it, or shows it as a page. */
const riskyName =
  /\.(svgz?|x?html?|xht|shtml|mht(ml)?|xml|xslt?|m?js|cjs|jse|vb[es]?|ws[fh]?|hta|htc|css|swf|exe|dll|com|bat|cmd|ps1|psm1|scr|pif|lnk|url|reg|msi|jar|app|dmg|pkg|sh|bash|php\d?|phtml|py|pl|rb|docm|xlsm|pptm|apk|iso|img|chm|cpl|jnlp|desktop)$/i;

const markup = /<(!doctype|html|head|body|script|svg|math|iframe|object|embed|meta|link|style|xml|\?xml-stylesheet|\?php)[\s>/:]/i;
/** The longest of it, and one more: it may lie across two pieces. */
const seam = 20;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what no text has
const notText = /[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]/;

export function isRiskyName(name: string): boolean {
  return riskyName.test(name.trim());
}

export function makeSniffer(): Sniffer {
  let head = Buffer.alloc(0);
  let last = '';
  let size = 0;
  let isText = true;
  const found = { markup: false, entries: false, end: false };
  const decoder = new TextDecoder('utf-8');
  return {
    see(bytes) {
      size += bytes.length;
      if (head.length < headBytes) head = Buffer.concat([head, bytes.subarray(0, headBytes - head.length)]);
      const text = last + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
      found.markup ||= markup.test(text);
      // An archive is read from its end: it may begin as anything.
      found.entries ||= text.includes('PK\x01\x02');
      found.end ||= text.includes('PK\x05\x06');
      last = text.slice(-seam);
      isText &&= !notText.test(decoder.decode(bytes, { stream: true }));
    },
    judge(name) {
      isText &&= !notText.test(decoder.decode());
      const type = mediaOf(head, size) ?? archiveOf(head, name) ?? (isText && isPlain(head, name) ? 'text/plain' : null);
      const isArchive = found.entries && found.end;
      // Readers of PDF look for its beginning a little way in.
      const isPdf = head.subarray(0, 1100).includes('%PDF-');
      if (type === null || found.markup || isArchive !== isZip(head) || isPdf !== (type === 'application/pdf')) return unknown;
      const kind = inline[type];
      return { type, kind: kind ?? 'file', isInlineSafe: kind !== undefined };
    },
  };
}

function isZip(head: Buffer): boolean {
  return head.toString('latin1', 0, 4) === 'PK\x03\x04';
}

function mediaOf(head: Buffer, size: number): string | null {
  const at = (from: number, to: number): string => head.toString('latin1', from, to);
  // As a script these begin with a comment or an assignment: a picture that is also a program.
  const isScript = (from: number): boolean => at(from, from + 2) === '/*' || at(from, from + 2) === '//' || head[from] === 0x3d;
  if (at(0, 8) === '\x89PNG\r\n\x1a\n' && at(12, 16) === 'IHDR') return 'image/png';
  if (at(0, 3) === '\xff\xd8\xff') return isScript(4) ? null : 'image/jpeg';
  if (/^GIF8[79]a/.test(at(0, 6))) return isScript(6) ? null : 'image/gif';
  if (at(0, 4) === 'RIFF') return riffOf(at(8, 12), head.length < 8 ? 0 : head.readUInt32LE(4), size);
  if (at(4, 8) === 'ftyp') return head.readUInt32BE(0) <= 512 ? (brands.find(([pattern]) => pattern.test(at(8, 12)))?.[1] ?? null) : null;
  if (at(0, 4) === '\x1a\x45\xdf\xa3') return at(4, 64).includes('webm') ? 'video/webm' : null;
  if (at(0, 5) === 'OggS\0') return at(28, 64).includes('theora') ? null : 'audio/ogg';
  if (at(0, 3) === 'ID3' && head.length > 10 && (head[3] ?? 255) < 5) return 'audio/mpeg';
  if (isMpegFrame(head, 0)) return 'audio/mpeg';
  return /^%PDF-\d/.test(at(0, 6)) ? 'application/pdf' : null;
}

/** It says how long it is; what comes after that is something else. */
function riffOf(form: string, length: number, size: number): string | null {
  if (length + 8 < size - 1 || length + 8 > size + 1) return null;
  return form === 'WEBP' ? 'image/webp' : form === 'WAVE' ? 'audio/wav' : null;
}

const kilobits = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const hertz = [44_100, 48_000, 32_000];

/** Eleven bits are too few to believe: a second frame must stand where the first one ends. MPEG 1, layer III. */
function isMpegFrame(head: Buffer, from: number): boolean {
  const [first = 0, second = 0, third = 0] = head.subarray(from, from + 3);
  const isSync = first === 0xff && (second & 0xfe) === 0xfa;
  const [rate, frequency] = [kilobits[third >> 4], hertz[(third >> 2) & 3]];
  if (!isSync || !rate || !frequency) return false;
  const next = from + Math.floor((144_000 * rate) / frequency) + ((third >> 1) & 1);
  return from > 0 || isMpegFrame(head, next);
}

function archiveOf(head: Buffer, name: string): string | null {
  if (!isZip(head)) return null;
  const extension = /\.(\w+)$/.exec(name.toLowerCase())?.[1] ?? '';
  const begins = head.toString('latin1', 30, 30 + 128);
  if (/^od[tsp]$/.test(extension)) return begins.startsWith(`mimetype${offices[extension]}`) ? (offices[extension] ?? null) : null;
  if (/^(docx|xlsx|pptx)$/.test(extension))
    return /^(\[Content_Types\]\.xml|_rels\/|docProps\/|word\/|xl\/|ppt\/)/.test(begins) ? (offices[extension] ?? null) : null;
  return extension === 'zip' ? 'application/zip' : null;
}

/** Text, and no program or page by its name or its first sign. */
function isPlain(head: Buffer, name: string): boolean {
  const begins = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  return head.length > 0 && !isRiskyName(name) && !begins.startsWith('<') && !begins.startsWith('#!') && !begins.startsWith('%!');
}

// Files as people and attackers send them: the smallest that are what they say, and some that are two things at once.

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const join = (...parts: (string | Buffer)[]): Buffer => Buffer.concat(parts.map((part) => (typeof part === 'string' ? latin(part) : part)));

/** One stored entry and what an archive ends with. */
export function zipOf(name: string, content = ''): Buffer {
  const head = Buffer.alloc(26);
  head.writeUInt16LE(name.length, 22);
  head.writeUInt32LE(content.length, 14);
  const entry = join('PK\x03\x04', head, name, content);
  const directory = Buffer.alloc(42);
  directory.writeUInt16LE(name.length, 24);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  return join(entry, 'PK\x01\x02', directory, name, 'PK\x05\x06', end);
}

function riffOf(form: string, content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(4 + content.length);
  return join('RIFF', length, form, content);
}

const isoOf = (brand: string): Buffer => join('\0\0\0\x18ftyp', brand, '\0\0\0\0isommp42\0\0\0\x08mdat');
const mpegFrame = join('\xff\xfb\x90\x00', Buffer.alloc(413));

export const png = join('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\0IEND\xaeB`\x82');
export const gif = join('GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x01D\0;');
export const pdf = join('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
const jpeg = join('\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9');

const word = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const writer = 'application/vnd.oasis.opendocument.text';

/** What is what it seems, under the name it came with. */
export const plainFiles: [name: string, bytes: Buffer, type: string, kind: string][] = [
  ['a.png', png, 'image/png', 'image'],
  ['a.jpg', jpeg, 'image/jpeg', 'image'],
  ['a.gif', gif, 'image/gif', 'image'],
  ['a.webp', riffOf('WEBP', 'VP8 \0\0\0\0'), 'image/webp', 'image'],
  ['a.avif', isoOf('avif'), 'image/avif', 'image'],
  ['a.heic', isoOf('heic'), 'image/heic', 'image'],
  ['a.mp4', isoOf('mp42'), 'video/mp4', 'video'],
  ['a.mov', isoOf('qt  '), 'video/quicktime', 'video'],
  ['a.webm', join('\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm'), 'video/webm', 'video'],
  ['a.mp3', join('ID3\x04\0\0\0\0\0\0', mpegFrame), 'audio/mpeg', 'audio'],
  ['b.mp3', join(mpegFrame, mpegFrame), 'audio/mpeg', 'audio'],
  ['a.ogg', join('OggS\0\x02', Buffer.alloc(22), '\x01vorbis'), 'audio/ogg', 'audio'],
  ['a.wav', riffOf('WAVE', 'fmt \x10\0\0\0'), 'audio/wav', 'audio'],
  ['a.m4a', isoOf('M4A '), 'audio/mp4', 'audio'],
  ['a.pdf', pdf, 'application/pdf', 'file'],
  ['a.docx', zipOf('[Content_Types].xml', 'x'), word, 'file'],
  ['a.odt', zipOf('mimetype', writer), writer, 'file'],
  ['a.zip', zipOf('letter.txt', 'Dear'), 'application/zip', 'file'],
  ['a.txt', Buffer.from('Grüße, 你好, 😀\r\n\tand tabs'), 'text/plain', 'file'],
  ['a.csv', Buffer.from('name;mail\nJane;jane@example.com\n'), 'text/plain', 'file'],
];

const gifScript = join('GIF89a/*', gif.subarray(8), '*/=1;alert(document.domain)//');

/** What must never be shown as anything, whatever it is called and said to be. */
export const riskyFiles: [what: string, name: string, bytes: Buffer][] = [
  ['an SVG', 'a.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
  ['an SVG by another name', 'a.txt', Buffer.from('  <?xml version="1.0"?>\n<svg onload="alert(1)"/>')],
  ['a page', 'a.html', Buffer.from('<!doctype html><script>alert(1)</script>')],
  ['a page called a picture', 'a.png', Buffer.from('<html><script>alert(1)</script>')],
  ['a page with words before it', 'a.txt', Buffer.from('Dear Jane,\n<script>alert(1)</script>')],
  ['a page with a mark before it', 'a.txt', Buffer.from('\ufeff\n<b>bold</b>')],
  ['XHTML', 'a.xhtml', Buffer.from('<html xmlns="http://www.w3.org/1999/xhtml"/>')],
  ['XML', 'a.xml', Buffer.from('<?xml version="1.0"?><note/>')],
  ['a script', 'a.js', Buffer.from('alert(1)')],
  ['a module', 'a.mjs', Buffer.from('export default 1')],
  ['a shell script', 'a', Buffer.from('#!/bin/sh\nrm -rf /')],
  ['a batch file', 'a.bat', Buffer.from('del *')],
  ['a style sheet', 'a.css', Buffer.from('body{}')],
  ['PHP behind two names', 'a.jpg.php', Buffer.from('system("id")')],
  ['a program', 'a.exe', join('MZ\x90\0\x03', Buffer.alloc(60))],
  ['a program called a PDF', 'a.pdf', join('MZ\x90\0\x03', Buffer.alloc(60))],
  ['a picture that is a script', 'a.gif', gifScript],
  ['a JPEG that is a script', 'a.jpg', join('\xff\xd8\xff\xe0/*', Buffer.alloc(100), '*/=alert(1)')],
  ['a picture with a page in it', 'a.png', join(png, '<script>alert(1)</script>')],
  ['a picture with a drawing in it', 'a.gif', join(gif, '<svg onload=alert(1)>')],
  ['a picture that is an archive', 'a.png', join(png, zipOf('META-INF/MANIFEST.MF', 'x'))],
  ['a sound with more behind it', 'a.wav', join(riffOf('WAVE', 'fmt '), '/* more */ alert(1)')],
  ['a PDF with a page in it', 'a.pdf', join(pdf, '<html><body>')],
  ['a PDF that does not begin as one', 'a.pdf', join('junk', pdf)],
  ['a picture that is a PDF', 'a.png', join(png, pdf)],
  ['a Java archive', 'a.jar', zipOf('META-INF/MANIFEST.MF', 'x')],
  ['macros', 'a.docm', zipOf('[Content_Types].xml', 'x')],
  ['a document that is none', 'a.docx', zipOf('evil.html', '<script>')],
  ['a film of unknown make', 'a.mp4', isoOf('evil')],
  ['two bytes of a sound', 'a.mp3', join('\xff\xfb', Buffer.alloc(2_000, 7))],
  ['UTF-16', 'a.txt', Buffer.from('\ufeff<script>alert(1)</script>', 'utf16le')],
  ['UTF-7', 'a.txt', Buffer.from('+ADw-script+AD4-\0')],
  ['text with an escape', 'a.txt', Buffer.from('\x1b[31mred')],
  ['bytes', 'a', Buffer.from([0, 1, 2, 3])],
];

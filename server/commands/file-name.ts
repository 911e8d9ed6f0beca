// What a file may be called: one name, no path, nothing that cannot be seen or that turns the order of letters around.
import { isRiskyName } from './file-type.ts';

const maxBytes = 255;
const maxExtensionBytes = 20;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const unseen = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
/** Windows keeps these for devices, whatever follows the first dot. */
const reserved = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])(?=\.|$)/i;

/** `extension` is the one its type goes by: added where the name would make something else of it. */
export function cleanFileName(given: string, type: string): string {
  const bare = given.toWellFormed().replace(unseen, '').split(/[/\\]/).at(-1) ?? '';
  const plain = bare.replace(/[<>:"|?*]/g, '_').replace(/^[\s.]+|[\s.]+$/g, '');
  const safe = plain.replace(reserved, '_$1') || 'file';
  const extension = extensions[type];
  return cut(extension !== undefined && isRiskyName(safe) ? `${safe}.${extension}` : safe);
}

/** Of types that are shown or opened as what they are. */
const extensions: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/heic': 'heic',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/quicktime': 'mov',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
  'audio/mp4': 'm4a',
  'application/pdf': 'pdf',
  'text/plain': 'txt',
};

/** By bytes, whole characters, and the end of the name is kept: it says what it is. */
function cut(name: string): string {
  if (Buffer.byteLength(name) <= maxBytes) return name;
  const dot = name.lastIndexOf('.');
  const tail = dot > 0 && Buffer.byteLength(name.slice(dot)) <= maxExtensionBytes ? name.slice(dot) : '';
  let kept = '';
  let bytes = Buffer.byteLength(tail);
  for (const character of name.slice(0, name.length - tail.length)) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return `${kept.trimEnd()}${tail}`;
}

/** For Content-Disposition: a form that every client reads, and the name as it is. */
export function dispositionOf(disposition: 'inline' | 'attachment', name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  const exact = encodeURIComponent(name).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${disposition}; filename="${plain}"; filename*=UTF-8''${exact}`;
}

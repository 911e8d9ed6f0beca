import { describe, expect, test } from 'vitest';
import { plainFiles, riskyFiles } from '../testing/files/samples.ts';
import { type FileType, makeSniffer } from './file-type.ts';

function sniff(name: string, bytes: Buffer, pieceBytes = bytes.length): FileType {
  const sniffer = makeSniffer();
  for (let at = 0; at < bytes.length; at += pieceBytes) sniffer.see(bytes.subarray(at, at + pieceBytes));
  return sniffer.judge(name);
}

describe('what a file is', () => {
  test.each(plainFiles)('%s is told by its bytes, however they arrive', (name, bytes, type, kind) => {
    const isInlineSafe = !/office|opendocument|zip/.test(type);
    for (const pieceBytes of [bytes.length, 7, 1]) expect(sniff(name, bytes, pieceBytes)).toEqual({ type, kind, isInlineSafe });
  });

  test.each(riskyFiles)('%s is bytes and nothing else', (_what, name, bytes) => {
    for (const pieceBytes of [bytes.length, 7, 1]) {
      expect(sniff(name, bytes, pieceBytes)).toEqual({ type: 'application/octet-stream', kind: 'file', isInlineSafe: false });
    }
  });

  test('a name decides nothing where bytes do', () => {
    for (const [name, bytes, type] of plainFiles) if (/^(image|audio|video)/.test(type)) expect(sniff('page.html', bytes).type, name).toBe(type);
  });

  test('what lies far behind the beginning is still seen', () => {
    const long = Buffer.concat([plainFiles[0]?.[1] as Buffer, Buffer.alloc(300_000), Buffer.from('<script>')]);
    expect(sniff('a.png', long, 65_536).type).toBe('application/octet-stream');
    const text = Buffer.concat([Buffer.alloc(300_000, 'x'), Buffer.from([0xc3])]);
    expect(sniff('a.txt', text, 65_536).type).toBe('application/octet-stream');
    expect(sniff('a.txt', text.subarray(0, -1), 65_536).type).toBe('text/plain');
  });
});

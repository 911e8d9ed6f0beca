import { expect, test } from 'vitest';
import { cleanFileName, dispositionOf } from './file-name.ts';

const octets = 'application/octet-stream';

test.each([
  ['report.pdf', 'report.pdf'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\Jane\\photo.png', 'photo.png'],
  ['/', 'file'],
  ['..', 'file'],
  ['', 'file'],
  [' .hidden ', 'hidden'],
  ['trailing. . ', 'trailing'],
  ['a\0b\r\nc\x7f.txt', 'abc.txt'],
  // Shown, it would read exe.gpj backwards.
  ['photo\u202Egpj.exe', 'photogpj.exe'],
  ['\u2066a\u2069\u200f\ufeff.txt', 'a.txt'],
  ['family \u{1F468}\u200D\u{1F469}\u200D\u{1F467}.png', 'family \u{1F468}\u200D\u{1F469}\u200D\u{1F467}.png'],
  ['مستند.pdf', 'مستند.pdf'],
  ['a<b>:"|?*.txt', 'a_b______.txt'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['com1.tar.gz', '_com1.tar.gz'],
  ['console.txt', 'console.txt'],
  ['half \ud83d pair', 'half \ufffd pair'],
])('%j becomes %j', (given, clean) => {
  expect(cleanFileName(given, octets)).toBe(clean);
});

test('a name has at most 255 bytes, whole characters, and keeps its end', () => {
  const long = cleanFileName(`${'😀'.repeat(200)}.jpeg`, octets);
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(255);
  expect(long).toMatch(/^(😀)+\.jpeg$/u);
  expect(cleanFileName('x'.repeat(300), octets)).toBe('x'.repeat(255));
  expect(Buffer.byteLength(cleanFileName(`a.${'y'.repeat(300)}`, octets))).toBe(255);
  expect(Buffer.byteLength(cleanFileName(`${'z'.repeat(250)}.html`, 'image/png'))).toBeLessThanOrEqual(255);
});

test('a name that would make a program of a picture gets the end its type goes by', () => {
  expect(cleanFileName('photo.html', 'image/png')).toBe('photo.html.png');
  expect(cleanFileName('photo.jpg.exe', 'image/jpeg')).toBe('photo.jpg.exe.jpg');
  expect(cleanFileName('photo.jpg', 'image/png')).toBe('photo.jpg');
  expect(cleanFileName('page.html', octets)).toBe('page.html');
});

test('the header that carries it has one form for everyone and one that is exact', () => {
  expect(dispositionOf('attachment', 'Grüße "x" 100%.txt')).toBe(
    `attachment; filename="Gr__e _x_ 100_.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%22x%22%20100%25.txt`,
  );
  expect(dispositionOf('inline', "it's (1)*.png")).toBe(`inline; filename="it's (1)*.png"; filename*=UTF-8''it%27s%20%281%29%2A.png`);
});

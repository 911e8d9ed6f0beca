import { expect, test } from 'vitest';
import { readOrigin } from './sites.ts';

test('an origin is a scheme and a host as browsers send them', () => {
  const good: [string, string][] = [
    ['https://shop.example', 'https://shop.example'],
    ['https://Shop.Example/', 'https://shop.example'],
    ['https://shop.example:443', 'https://shop.example'],
    ['https://shop.example:8443', 'https://shop.example:8443'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['https://*.example.com', 'https://*.example.com'],
    ['https://*.shop.example.com:8443', 'https://*.shop.example.com:8443'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['null', 'null'],
  ];
  for (const [given, read] of good) expect(readOrigin(given), given).toBe(read);
});

test('what no browser would send as an origin is none', () => {
  const bad = [
    '',
    '*',
    'shop.example',
    'https://',
    'https://*',
    'https://*.com',
    'https://*example.com',
    'https://www.*.com',
    'https://*.*.example.com',
    'https://*..com',
    'https://shop.example/path',
    'https://shop.example?x=1',
    'https://shop.example#x',
    'https://user@shop.example',
    'ftp://shop.example',
    'javascript:alert(1)',
    'https://shop.example https://other.example',
    'NULL',
  ];
  for (const given of bad) expect(readOrigin(given), given).toBeNull();
});

import { describe, expect, test } from 'vitest';
import { isEmail, judgePassword, ownPath, toOrigin } from './rules.ts';

describe('a password', () => {
  test.each([
    ['ten characters of any kind are enough', 'correcthor', true],
    ['nine plain ones are not', 'correctho', false],
    ['eight with all four kinds are enough', 'Corr3ct!', true],
    ['eight without a symbol are not', 'Corr3ctt', false],
    ['characters are counted, not bytes', '🦊🦊🦊🦊🦊', false],
  ])('%s', (_name, password, isAllowed) => {
    expect(judgePassword(password, 'olive@example.com').isAllowed).toBe(isAllowed);
  });

  test('must not be the e-mail address, however it is written', () => {
    expect(judgePassword('Olive@Example.com ', 'olive@example.com')).toMatchObject({ isAllowed: false, isEmail: true });
  });

  test('is rated by what is hard to guess, not by its length alone', () => {
    const strengthOf = (password: string) => judgePassword(password, '').strength;
    expect(strengthOf('')).toBe('none');
    expect(strengthOf('short')).toBe('weak');
    expect(strengthOf('aaaaaaaaaaaaaaaaaa')).toBe('fair');
    expect(strengthOf('1234567890')).toBe('fair');
    expect(strengthOf('Tulip-9-bridge')).toBe('strong');
  });
});

describe('an origin', () => {
  test.each([
    ['https://shop.example', 'https://shop.example'],
    ['shop.example', 'https://shop.example'],
    [' https://Shop.Example/cart?x=1#top ', 'https://shop.example'],
    ['https://*.example.com', 'https://*.example.com'],
    ['*.example.com', 'https://*.example.com'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['localhost:3000', 'http://localhost:3000'],
    ['https://shop.example:443', 'https://shop.example'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['null', 'null'],
  ])('%s is understood as %s', (text, origin) => expect(toOrigin(text)).toBe(origin));

  test.each(['', 'shop', 'ftp://shop.example', 'https://', 'https://a b.example', 'https://user@shop.example', 'https://shop.*.example', '*'])(
    '%s is none',
    (text) => expect(toOrigin(text)).toBeNull(),
  );
});

test('an e-mail address has a name, an at sign and a domain', () => {
  expect(['a@b.example', 'a.b+c@d-e.example'].every(isEmail)).toBe(true);
  expect(['', 'a', 'a@b', 'a b@c.example', '@b.example', 'a@b..example'].some(isEmail)).toBe(false);
});

test('after a sign-in only our own pages are gone to', () => {
  expect(['/app/you/keys?new=1', '/app', '/app?x=1'].map(ownPath)).toEqual(['/app/you/keys?new=1', '/app', '/app?x=1']);
  expect([undefined, '', 'https://evil.example/app', '//evil.example', '/app.evil.example', '/app/sign-in', '/api'].map(ownPath)).toEqual(
    Array(7).fill('/app'),
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { botNs, type IdKind, idLetters, ns, parseBotNs, parseNs } from './ids.ts';

const kinds = Object.keys(idLetters) as IdKind[];
const id = fc.integer({ min: 1, max: 999_999_999_999_999 });

describe('readable ids', () => {
  test('look as the family writes them', () => {
    expect(botNs(123)).toBe('f123');
    expect(ns('subscriber', 123, 456)).toBe('f123u456');
    expect(ns('segment', 123, 34)).toBe('f123sg34');
  });

  test('every kind has letters of its own', () => {
    expect(new Set(Object.values(idLetters)).size).toBe(kinds.length);
  });

  test('what was rendered is read again, by its own kind and bot only', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.constantFrom(...kinds), id, id, id, (kind, otherKind, bot, otherBot, thing) => {
        const rendered = ns(kind, bot, thing);
        expect(rendered).toMatch(/^f\d+[a-z]{1,2}[a-z0-9]*$/);
        expect(parseNs(kind, bot, rendered)).toBe(thing);
        expect(parseNs(otherKind, bot, rendered)).toBe(otherKind === kind ? thing : null);
        expect(parseNs(kind, otherBot, rendered)).toBe(otherBot === bot ? thing : null);
        expect(parseBotNs(botNs(bot))).toBe(bot);
        expect(parseBotNs(rendered)).toBe(null);
      }),
    );
  });

  test('a text that is no id is nothing, and each thing has exactly one id', () => {
    for (const wrong of ['', 'f', 'f1', 'f1t', 'f1t01', 'f01t1', 'f1t0', 'F1T1', ' f1t1', 'f1t1\n', 'f1t1234567890123456', 'f1t-1', 'f1t1.0', 'f١t١']) {
      expect(parseNs('tag', 1, wrong), wrong).toBe(null);
    }
    for (const wrong of ['', 'f', 'f0', 'f01', '1', 'F1', 'f1 ', 'f1t1', 'f1234567890123456']) expect(parseBotNs(wrong), wrong).toBe(null);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bot = parseBotNs(text);
        if (bot !== null) expect(botNs(bot)).toBe(text);
      }),
    );
  });
});

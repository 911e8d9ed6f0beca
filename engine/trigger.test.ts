import { describe, expect, test } from 'vitest';
import type { Surroundings } from './expression.ts';
import { type Flow, triggerTypes } from './flow.ts';
import { ends, flowOf } from './testing/play.ts';
import { isAwaited, matchTriggers, type Occurrence } from './trigger.ts';

const around: Surroundings = { now: 0, timeZone: 'UTC', language: 'en', random: () => 0, isOpen: () => true, nextOpen: (at) => at };
const flowWith = (triggers: object, id = 'main'): Flow => flowOf({ a: ends('A') }, { triggers, id });
const matched = (flows: Flow[], occurrence: Occurrence, scope = {}) => matchTriggers(flows, occurrence, scope, around).map((one) => one.trigger);
const says = (text: string, channel = 'web'): Occurrence => ({ type: 'keyword', reply: { text }, channel });
const isMet = (trigger: object, text: string) => matched([flowWith({ t: { type: 'keyword', to: 'a', ...trigger } })], says(text)).length > 0;

describe('a keyword', () => {
  test.each<[string, object, string[], string[]]>([
    ['exactly', { any: ['Hello'], match: 'exact' }, ['hello', ' HELLO ', 'héllo'], ['hello there', '']],
    ['as a word, which is usual', { any: ['order', 'track it'] }, ['my order?', 'Order', 'please track   it!'], ['reorder', 'track', 'it track']],
    ['anywhere', { any: ['order'], match: 'contains' }, ['reordering', 'ORDER'], ['ord er']],
    ['at the beginning', { any: ['order'], match: 'prefix' }, ['Order 66', 'orders'], ['my order']],
    ['by a pattern', { any: ['^#\\d{3}$'], match: 'regex' }, ['#123'], ['#12', 'x#123']],
    ['with a typing mistake', { any: ['refund'], match: 'fuzzy' }, ['refnd please', 'refundd', 'Refund'], ['rfnd it', 'fun']],
    ['with two typing mistakes', { any: ['refund'], match: 'fuzzy', distance: 2 }, ['refnnd', 'rfnd'], ['rfd']],
    ['of two words with a mistake', { any: ['order status'], match: 'fuzzy' }, ['my oder status?', 'order statu'], ['order', 'status']],
    ['in its own case', { any: ['SOS'], match: 'exact', ci: false }, ['SOS'], ['sos']],
    ['a pattern in its own case', { any: ['^A$'], match: 'regex', ci: false }, ['A'], ['a']],
    ['in other scripts', { any: ['заказ', '注文'], match: 'word' }, ['мой заказ', '注文'], ['заказы']],
  ])('is met %s', (_name, trigger, yes, no) => {
    for (const text of yes) expect(isMet(trigger, text), text).toBe(true);
    for (const text of no) expect(isMet(trigger, text), text).toBe(false);
  });

  test('never by a pattern that cannot be read, by nothing but spaces, or by no word at all', () => {
    expect(isMet({ any: ['('], match: 'regex' }, '(')).toBe(false);
    expect(isMet({ any: [' '], match: 'contains' }, 'anything')).toBe(false);
    expect(isMet({}, 'anything')).toBe(false);
  });
});

test('the most important comes first, then the order of flows and triggers', () => {
  const one = flowWith(
    { a: { type: 'keyword', any: ['x'], to: 'a' }, b: { type: 'keyword', any: ['x'], to: 'a', priority: 5, interrupts: 'always', cooldown: '1h' } },
    'one',
  );
  const two = flowWith({ c: { type: 'keyword', any: ['x'], to: 'a', priority: 5 }, d: { type: 'keyword', any: ['x'], to: 'a', priority: -1 } }, 'two');
  expect(matched([one, two], says('x'))).toEqual(['b', 'c', 'a', 'd']);
  expect(matchTriggers([one], says('x'), {}, around)[0]).toEqual({ flow: 'one', trigger: 'b', to: 'a', interrupts: 'always', cooldown: '1h' });
});

test('channels and conditions narrow a trigger', () => {
  const flow = flowWith({ t: { type: 'keyword', any: ['x'], to: 'a', channels: ['telegram'], when: { l: 'subscriber.tags', op: 'has', r: 'vip' } } });
  expect(matched([flow], says('x', 'telegram'), { subscriber: { tags: ['vip'] } })).toEqual(['t']);
  expect(matched([flow], says('x', 'web'), { subscriber: { tags: ['vip'] } })).toEqual([]);
  expect(matched([flow], says('x', 'telegram'), { subscriber: { tags: [] } })).toEqual([]);
});

test.each<[string, object, object, object]>([
  ['event', { event: 'Cart.left' }, { name: 'cart.left' }, { name: 'cart.full' }],
  ['webhook', { hook: 'paid' }, { name: 'paid' }, { name: 'x' }],
  ['ref', { ref: 'summer' }, { name: 'Summer' }, { name: 'winter' }],
  ['tag', { tag: 'vip', on: 'added' }, { name: 'vip', on: 'added' }, { name: 'vip', on: 'removed' }],
  ['field_changed', { field: 'city' }, { name: 'city' }, { name: 'zip' }],
  ['conversation', { on: 'closed' }, { name: '', on: 'closed' }, { name: '', on: 'opened' }],
  ['fallback', {}, { name: '' }, { name: '', type: 'ref' }],
])('what happens sets off its own kind by name: %s', (type, trigger, yes, no) => {
  const flow = flowWith({ t: { type, to: 'a', ...trigger } });
  expect(matched([flow], { type, channel: 'web', ...yes } as Occurrence)).toEqual(['t']);
  expect(matched([flow], { type, channel: 'web', ...no } as Occurrence)).toEqual([]);
});

test('files set off a media trigger, words do not', () => {
  const flow = flowWith({ t: { type: 'media', to: 'a' } });
  const file = { id: '1', name: 'a', type: 'b', size: 1, url: 'u' };
  expect(matched([flow], { type: 'media', reply: { text: '', files: [file] }, channel: 'web' })).toEqual(['t']);
  expect(matched([flow], { type: 'media', reply: { text: 'x' }, channel: 'web' })).toEqual([]);
});

test('start and error never fire by themselves', () => {
  const flow = flowWith(Object.fromEntries(triggerTypes.map((type) => [type, { type, to: 'a', any: ['x'] }])));
  for (const type of triggerTypes.filter((one) => one !== 'start' && one !== 'error')) {
    const occurrence = (
      type === 'keyword' || type === 'media' ? { type, reply: { text: 'x', files: [{}] }, channel: 'web' } : { type, name: 'x', channel: 'web' }
    ) as Occurrence;
    expect(matched([flow], occurrence)).toEqual([type]);
  }
});

test('what has happened is known to the condition: what the flow declares of it, and all of it', () => {
  const happened: Occurrence = { type: 'event', name: 'ordered', data: { total: 120, city: 'Bonn' }, channel: 'web' };
  const when = (l: string, r: unknown) => ({ t: { type: 'event', to: 'a', when: { l, op: 'eq', r } } });
  const declaring = (triggers: object) => flowOf({ a: ends('A') }, { triggers, params: { total: { type: 'number' } } });
  expect(matched([declaring(when('param.total', 120))], happened)).toEqual(['t']);
  expect(matched([declaring(when('param.total', 121))], happened)).toEqual([]);
  expect(matched([declaring(when('param.city', 'Bonn'))], happened)).toEqual([]);
  expect(matched([declaring(when('param.trigger.data.city', 'Bonn'))], happened)).toEqual(['t']);
  expect(matched([declaring(when('param.trigger.name', 'ordered'))], happened)).toEqual(['t']);
});

test('what can set off one trigger only sets off no other', () => {
  const flows = [
    flowWith({ a: { type: 'schedule', to: 'a' }, b: { type: 'schedule', to: 'a', channels: ['web'] } }, 'one'),
    flowWith({ b: { type: 'schedule', to: 'a' } }, 'two'),
  ];
  const due = (channel: string): Occurrence => ({ type: 'schedule', name: 'b', only: { flow: 'one', trigger: 'b' }, channel });
  expect(matchTriggers(flows, due('web'), {}, around).map((one) => `${one.flow}.${one.trigger}`)).toEqual(['one.b']);
  expect(matched(flows, due('telegram'))).toEqual([]);
});

test('whether anything waits for it is asked without knowing whom it happens to', () => {
  const flow = flowWith({ t: { type: 'tag', tag: 'VIP', on: 'added', channels: ['telegram'], when: { cel: 'false' }, to: 'a' } });
  expect(isAwaited([flow], { type: 'tag', name: 'vip', on: 'added' })).toBe(true);
  expect(isAwaited([flow], { type: 'tag', name: 'vip', on: 'removed' })).toBe(false);
  expect(isAwaited([flow], { type: 'event', name: 'vip' })).toBe(false);
});

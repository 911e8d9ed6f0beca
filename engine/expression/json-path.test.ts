import { expect, test } from 'vitest';
import { check } from '../check.ts';
import { evaluateText } from '../expression.ts';
import { canonical, parseFlow } from '../flow.ts';
import { begin, flowOf } from '../testing/play.ts';
import { isJsonPath, translate, withoutJsonPath } from './json-path.ts';
import type { Value } from './value.ts';

const around = { now: 0, timeZone: 'UTC', language: 'en', random: () => 0.5, isOpen: () => true, nextOpen: (at: number) => at };
const body: Value = {
  total: 3,
  'a b': { c: 'spaced' },
  items: [
    { sku: 'a', price: 5, tags: ['x', 'y'], sold: true },
    { sku: 'b', price: 15, tags: [], 'odd-name': 1 },
    { sku: "it's", price: 25, tags: ['z'] },
  ],
  orders: [{ items: [{ sku: 'a' }] }],
};

test.each<[path: string, cel: string, value: Value]>([
  ['$', 'body', body],
  ['$.total', 'body.total', 3],
  [' $.total ', 'body.total', 3],
  ['$.items[0].sku', 'body.items[0].sku', 'a'],
  ['$.items[-1].price', 'body.items[-1].price', 25],
  ["$['a b'].c", 'body["a b"].c', 'spaced'],
  ['$["items"][1]["odd-name"]', 'body.items[1]["odd-name"]', 1],
  ['$.items[*].sku', 'body.items.map(i, i.sku)', ['a', 'b', "it's"]],
  ['$.items.*.tags[0]', 'body.items.map(i, i.tags[0])', ['x', null, 'z']],
  ['$.items[*]', 'body.items', (body as { items: Value }).items],
  ['$.items[0:2].sku', 'slice(body.items, 0, 2).map(i, i.sku)', ['a', 'b']],
  ['$.items[-1:].sku', 'slice(body.items, -1).map(i, i.sku)', ["it's"]],
  ['$.items[?(@.price > 10)].sku', 'body.items.filter(i, i.price > 10).map(i, i.sku)', ['b', "it's"]],
  ['$.items[?@.sold].sku', 'body.items.filter(i, i.sold != null).map(i, i.sku)', ['a']],
  ["$.items[?(@.sku == 'it\\'s' || @.price<=5)].price", 'body.items.filter(i, i.sku == "it\'s" || i.price <= 5).map(i, i.price)', [5, 25]],
  ["$.items[?(@['odd-name'] == 1)].sku", 'body.items.filter(i, i["odd-name"] == 1).map(i, i.sku)', ['b']],
  ['$.missing[3].deeper', 'body.missing[3].deeper', null],
])('%s is %s', (path, cel, value) => {
  expect(translate(path)).toEqual({ ok: true, cel });
  expect(evaluateText(cel, { body }, around)).toEqual(value);
});

test.each([
  ['$..sku', /at any depth/],
  ['$.orders[*].items[*].sku', /inside a list/],
  ['$.items[?(@.tags[*] == 1)]', /filter cannot be read/],
  ['$.items[?(@.price > 10 + 1)]', /filter cannot be read/],
  ['$.items[(@.length-1)]', /cannot be read: \[\(@/],
  ['$.items[', /cannot be read: \[/],
])('%s is too much, and it is said why', (path, problem) => {
  const found = translate(path);
  expect(found.ok ? found.cel : found.problem).toMatch(problem);
  expect(withoutJsonPath(path)).toBe(path);
});

test('what is not JSONPath is left alone', () => {
  for (const text of ['body.total', '{{ body.total }}', '$5', '', 'price + "$"', '$total']) {
    expect(isJsonPath(text)).toBe(false);
    expect(withoutJsonPath(text)).toBe(text);
  }
});

test('no text is too strange to be translated or refused, and none takes long', () => {
  for (const text of [
    '$'.repeat(10_000),
    `$${'[0]'.repeat(6_000)}`,
    `$[?(${'('.repeat(10_000)}`,
    `$['${"\\'".repeat(9_000)}`,
    `$.${'a.'.repeat(9_000)}`,
    '$[?(@.a == "&&")]',
    '$.__proto__.x',
  ])
    expect(['string', 'object']).toContain(typeof translate(text));
});

const call = (map: object) => ({
  a: [
    { id: 'get', type: 'api', request: { url: 'https://shop.example/' }, map, to: { others: 'a.show' } },
    { id: 'show', type: 'text', text: '{{ first }} {{ all }}', to: { next: '@end' } },
  ],
});
const vars = { first: { type: 'text' }, all: { type: 'list' } };

test('pasted into a mapping it becomes an expression in the document, and maps', () => {
  const groups = call({ first: '$.items[0].sku', all: '{{ $.items[*].price }}' });
  const flow = flowOf(groups, { vars });
  expect(flow.groups.a?.blocks[0]).toMatchObject({ map: { first: 'body.items[0].sku', all: 'body.items.map(i, i.price)' } });
  expect(canonical(flow)).not.toContain('$');
  expect(check(flow).filter((one) => one.code.startsWith('E'))).toEqual([]);
  const talk = begin(groups, { more: { vars }, samples: { 'GET https://shop.example/': [{ status: 200, body }] } });
  expect(talk.lines).toContain('bot: a 5, 15, 25');
});

test('what cannot be translated stays as it was written, and the linter says why', () => {
  const found = parseFlow(flowOf(call({ first: '$..sku' }), { vars }));
  expect(found.ok && check(found.flow).filter((one) => one.code === 'E08')).toEqual([
    { code: 'E08', at: 'a.get', message: 'This expression cannot be read: JSONPath may not search at any depth (..): name the way to the value.' },
  ]);
});

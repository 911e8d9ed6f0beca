import { describe, expect, test } from 'vitest';
import { check } from '../../check.ts';
import { failureKinds } from '../../effect.ts';
import { asksOf, begin, ends, flowOf, play } from '../../testing/play.ts';

const vars = { x: { type: 'text', default: 'was' }, n: { type: 'number', default: 7 } };
const ways = ['404', '400-499', '4xx', '2xx', 'timeout', 'error', 'others'];
const call = (more: object, to: string[]) => ({
  a: [{ id: 'c', type: 'api', api: 'orders.get', ...more, to: Object.fromEntries(to.map((port) => [port, `w${ways.indexOf(port)}`])) }, ...ends('next')],
  ...Object.fromEntries(ways.map((port, at) => [`w${at}`, ends(port)])),
});
const leaves = (sample: object, to: string[]) => play(call({}, to), [], { samples: { 'orders.get': [sample] } })[1]?.slice('bot: '.length);

describe('the way out of an answer', () => {
  test.each<[string, object, string[], string]>([
    ['the exact code first', { status: 404 }, ways, '404'],
    ['then a range', { status: 404 }, ways.slice(1), '400-499'],
    ['then its class', { status: 404 }, ways.slice(2), '4xx'],
    ['then any failure', { status: 404 }, ['error', 'others', '2xx'], 'error'],
    ['then the others', { status: 404 }, ['others', '2xx'], 'others'],
    ['then what follows', { status: 404 }, ['2xx'], 'next'],
    ['a success is no failure', { status: 200 }, ['error', '4xx'], 'next'],
    ['a success has its class', { status: 204 }, ways, '2xx'],
    ['others take a success that has no way of its own', { status: 200 }, ['others'], 'others'],
    ['a code outside a range', { status: 500 }, ['400-499', 'error'], 'error'],
    ['no answer in time', { kind: 'timeout' }, ways, 'timeout'],
    ['another failure', { kind: 'network' }, ways, 'error'],
    ['a failure among others', { kind: 'network' }, ['others'], 'others'],
    ['a failure with no way', { kind: 'network' }, ['2xx'], 'next'],
  ])('%s', (_name, sample, to, port) => {
    expect(leaves(sample, to)).toBe(port);
  });

  test.each(failureKinds)('a way for this kind of failure alone can be connected: %s', (kind) => {
    const groups = { a: [{ id: 'c', type: 'api', api: 'orders.get', to: { [kind]: 'b', error: '@end' } }, ...ends('next')], b: ends('Mine') };
    expect(play(groups, [], { samples: { 'orders.get': [{ kind }] } })[1]).toBe('bot: Mine');
    expect(check(flowOf(groups)).map((one) => one.code)).not.toContain('E02');
  });
});

test('a named API is asked for with typed inputs and the usual limits', () => {
  expect(asksOf(begin(call({ with: { id: '{{ 40 + 2 }}', tags: ['{{ 1 }}', 'a'] } }, [])))).toEqual([
    { ask: 'api', api: 'orders.get', request: null, with: { id: 42, tags: [1, 'a'] }, timeout_ms: 10_000, retry: null },
  ]);
});

test('nothing a visitor typed becomes another part of an inline request', () => {
  const nasty = '../admin?x=1&y="}\r\nX-Evil: 1';
  const request = {
    method: 'POST',
    url: 'https://shop.example/orders/{{ subscriber.name }}/lines',
    query: { q: '{{ subscriber.name }}', list: '{{ [1, 2] }}' },
    headers: { 'X-Name': '{{ subscriber.name }}' },
    body: { kind: 'json', json: { name: '{{ subscriber.name }}', n: '{{ 1 + 1 }}', text: 'n {{ 1 + 1 }}' } },
  };
  const asked = asksOf(begin(call({ api: undefined, request }, []), { context: { subscriber: { name: nasty } } }))[0];
  expect(asked?.ask === 'api' && asked.request).toEqual({
    method: 'POST',
    url: 'https://shop.example/orders/..%2Fadmin%3Fx%3D1%26y%3D%22%7D%0D%0AX-Evil%3A%201/lines',
    query: { q: nasty, list: [1, 2] },
    headers: { 'X-Name': '../admin?x=1&y="} X-Evil: 1' },
    body: { kind: 'json', json: { name: nasty, n: 2, text: 'n 2' } },
  });
});

test.each<[string, object, object]>([
  ['a form', { kind: 'form', form: { a: '{{ 1 + 1 }}' } }, { kind: 'form', form: { a: 2 } }],
  [
    'text of any type',
    { kind: 'raw', text: '<a>{{ 1 + 1 }}</a>', content_type: 'application/xml' },
    { kind: 'raw', text: '<a>2</a>', content_type: 'application/xml' },
  ],
  ['nothing', { kind: 'none' }, { kind: 'none' }],
])('a request can carry %s', (_name, body, sent) => {
  const asked = asksOf(begin(call({ api: undefined, request: { url: 'https://x.example', body } }, [])))[0];
  expect(asked?.ask === 'api' && asked.request).toMatchObject({ method: 'GET', body: sent });
});

describe('the mapping', () => {
  const map = { x: 'body.items[0].sku', n: '{{ body.total * 2 }}', 'subscriber.city': 'headers.city' };
  const after = (sample: object) => begin(call({ map }, ['others']), { more: { vars }, samples: { 'orders.get': [sample] } });

  test('a dot path, an expression and a field are filled from status, headers and body', () => {
    const talk = after({ status: 200, headers: { city: 'Rome' }, body: { total: 5, items: [{ sku: 'A1' }] } });
    expect(talk.session.vars).toEqual({ x: 'A1', n: 10 });
    expect(talk.subscriber.city).toBe('Rome');
  });

  test('it is applied on every HTTP reply; what is absent is the default, or null', () => {
    const talk = after({ status: 404, body: { total: 1 } });
    expect(talk.session.vars).toEqual({ x: 'was', n: 2 });
    expect(talk.subscriber.city).toBeNull();
  });

  test('without a reply nothing is mapped', () => {
    expect(after({ kind: 'network' }).session.vars).toEqual({ x: 'was', n: 7 });
  });

  test('the last result is known without its body, and a body nested beyond any use is nothing', () => {
    const talk = after({ status: 201, headers: { a: 'b' }, body: JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`) });
    expect(talk.session.last).toEqual({ kind: 'status', status: 201, headers: { a: 'b' }, ms: 1, attempt: 1, error: null, ok: true });
    expect(talk.session.vars.n).toBe(7);
  });
});

test('twenty calls in one turn are the most, also when each answer comes by itself', () => {
  const groups = { a: [{ id: 'c', type: 'api', api: 'orders.get', to: { others: 'a' } }], sorry: ends('Sorry') };
  const talk = begin(groups, {
    samples: { 'orders.get': [{ status: 200 }] },
    more: { triggers: { go: { type: 'start', to: 'a' }, err: { type: 'error', to: 'sorry' } } },
  });
  expect(asksOf(talk)).toHaveLength(20);
  expect(talk.lines.slice(-2)).toEqual(['bot: Sorry', 'do: end']);
});

test('an answer that comes too late, or twice, finds nothing to wake', () => {
  const talk = begin(call({}, []));
  const { session } = talk;
  talk.give({ kind: 'answer', id: '1:1', ok: true, values: { kind: 'status', status: 200 } });
  expect(talk.session).toBe(session);
});

test('a block that names an API and holds a request, or neither, is refused', () => {
  const codes = (more: object) => check(flowOf(call(more, ['others']))).map((one) => one.code);
  expect(codes({})).not.toContain('E04');
  expect(codes({ request: { url: 'https://x.example' } })).toContain('E04');
  expect(codes({ api: undefined })).toContain('E04');
});

import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { asksOf, begin, ends, flowOf, play } from '../../testing/play.ts';

const vars = { paid: { type: 'object' }, amount: { type: 'number' } };
const groups = {
  a: [
    {
      id: 'tell',
      type: 'api',
      request: { method: 'POST', url: 'https://pay.example', body: { kind: 'json', json: { back: '{{ last.webhook_url }}' } } },
      to: { others: '@end', '2xx': 'a.w' },
    },
    { id: 'w', type: 'wait_webhook', save: 'paid', map: { amount: 'body.amount' }, timeout: '1h', to: { timeout: 'late' } },
    ...ends('Paid {{ amount }}'),
  ],
  late: ends('Too late'),
};
const options = { more: { vars }, samples: { 'POST https://pay.example': [{ status: 200 }] } };

test('the address can be given away before the block is reached, and what comes to it is kept', () => {
  const talk = begin(groups, options);
  const [asked] = asksOf(talk);
  const { wait } = talk.session;
  expect(wait?.kind === 'webhook' && asked?.ask === 'api' && asked.request?.body).toEqual({
    kind: 'json',
    json: { back: `https://example.invalid/hooks/wait/${wait?.kind === 'webhook' ? wait.token : ''}` },
  });
  talk.direct('do: webhook {"amount": 12.5}');
  expect(talk.session.vars).toEqual({ paid: { amount: 12.5 }, amount: 12.5 });
  expect(talk.lines.slice(-2)).toEqual(['bot: Paid 12.5', 'do: end']);
});

test('a wrong token wakes nobody, and time does', () => {
  const talk = begin(groups, options);
  const { session } = talk;
  talk.give({ kind: 'webhook', token: 'guessed', data: null });
  expect(talk.session).toBe(session);
  expect(play(groups, ['you: hi', 'do: +1h'], options).slice(-2)).toEqual(['bot: Too late', 'do: end']);
});

test('every wait of a session has an address of its own', () => {
  const twice = { a: [{ ...groups.a[1], to: { timeout: 'late', next: 'b' } }], b: [{ ...groups.a[1], id: 'w2' }, ...ends('Both')], late: ends('Late') };
  const talk = begin(twice, options);
  const first = talk.session.wait;
  talk.direct('do: webhook 1');
  const second = talk.session.wait;
  expect(first?.kind === 'webhook' && second?.kind === 'webhook' && first.token !== second.token).toBe(true);
  talk.give({ kind: 'webhook', token: first?.kind === 'webhook' ? first.token : '', data: null });
  expect(talk.session.wait).toBe(second);
});

test('data nested beyond any use are dropped, not passed on', () => {
  const talk = begin({ a: [groups.a[1] as object, ...ends('Got {{ paid }}')], late: ends('x') }, options);
  talk.give({
    kind: 'webhook',
    token: talk.session.wait?.kind === 'webhook' ? talk.session.wait.token : '',
    data: JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`),
  });
  expect(talk.lines).toEqual(['bot: Got ', 'do: end']);
});

test('without an end to the waiting the linter refuses it', () => {
  expect(check(flowOf({ a: [{ id: 'w', type: 'wait_webhook', to: { next: '@end' } }] })).map((one) => `${one.code} ${one.at}`)).toEqual(['E01 a.w.timeout']);
});

test('where it asks for a signature, only a call that carried one is heard', () => {
  const talk = begin({ a: [{ ...groups.a[1], signed: true } as object, ...ends('Paid')], late: ends('Late') }, options);
  const { session } = talk;
  const token = session.wait?.kind === 'webhook' ? session.wait.token : '';
  talk.give({ kind: 'webhook', token, data: null });
  talk.give({ kind: 'webhook', token, data: null, isSigned: false });
  expect(talk.session).toBe(session);
  talk.give({ kind: 'webhook', token, data: null, isSigned: true });
  expect(talk.lines).toEqual(['bot: Paid', 'do: end']);
});

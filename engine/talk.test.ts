import { expect, test } from 'vitest';
import { parseFlow } from './flow.ts';
import { transcript } from './talk.ts';

function flowOf(document: unknown) {
  const found = parseFlow(document);
  if (!found.ok) throw new Error(JSON.stringify(found.problems, null, 2));
  return found.flow;
}

const order = {
  format: 'flow/1',
  id: 'order',
  name: 'Order',
  vars: { order_id: { type: 'text' }, n: { type: 'number', default: 1 } },
  triggers: { go: { type: 'start', to: 'ask_id' } },
  groups: {
    ask_id: {
      blocks: [
        { id: 'hello', type: 'text', text: "Hi {{ subscriber.first_name | default('there') }}!" },
        {
          id: 'q',
          type: 'ask',
          kind: 'text',
          text: 'Your order number?',
          save: 'order_id',
          check: { regex: '^[A-Z]{2}\\d{6}$' },
          retry: { max: 2, text: 'Two letters and six digits, please.' },
          timeout: '15m',
          to: { invalid: 'bye', timeout: 'bye' },
        },
        { id: 'list', type: 'each', in: '[1, 2, 3]', as: 'n', to: { do: 'body', done: 'bye' } },
      ],
    },
    body: { blocks: [{ id: 't', type: 'text', text: '{{ n }} of {{ loop.size }}: {{ order_id | lower }}', to: { next: '@continue' } }] },
    bye: {
      blocks: [
        { id: 't', type: 'text', text: 'Bye {{ n * 2 }}' },
        { id: 'e', type: 'end' },
      ],
    },
  },
};

test('a flow talks: question, retry, loop, end', () => {
  const lines = transcript({ flows: { order: flowOf(order) }, main: 'order' }, ['you: hi', 'you: nope', 'you: AB123456']);
  expect(lines).toEqual([
    'you: hi',
    'bot: Hi there!',
    'bot: Your order number?',
    'you: nope',
    'bot: Two letters and six digits, please.',
    'you: AB123456',
    'bot: 1 of 3: ab123456',
    'bot: 2 of 3: ab123456',
    'bot: 3 of 3: ab123456',
    'bot: Bye 6',
    'do: end',
  ]);
});

test('a question left unanswered goes its own way when the time is up', () => {
  expect(transcript({ flows: { order: flowOf(order) }, main: 'order' }, ['you: hi', 'do: +14m', 'do: +2m']).slice(-4)).toEqual([
    'do: +14m',
    'do: +2m',
    'bot: Bye 2',
    'do: end',
  ]);
});

test('an unknown key, an unknown type and an endless loop are said clearly', () => {
  expect(parseFlow({ ...order, extra: 1 })).toMatchObject({ ok: false });
  expect(parseFlow({ ...order, x_mine: 1 })).toMatchObject({ ok: true });
  const endless = {
    ...order,
    groups: { a: { blocks: [{ id: 'x', type: 'set', set: [{ var: 'n', value: '{{ n + 1 }}' }], to: { next: 'a' } }] } },
    triggers: { go: { type: 'start', to: 'a' } },
  };
  expect(transcript({ flows: { order: flowOf(endless) }, main: 'order' }, ['you: hi'])).toEqual([
    'you: hi',
    'do: failed: more than 200 blocks in one turn: an endless loop?',
  ]);
});

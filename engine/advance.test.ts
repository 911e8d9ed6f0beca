import { describe, expect, test } from 'vitest';
import { limits } from './advance/turn.ts';
import { begin, ends, flowOf, play, tracesOf } from './testing/play.ts';

const failing = (more: object = {}) => ({ id: 'x', type: 'call', flow: 'nowhere', to: { next: '@end' }, ...more });
const onError = { triggers: { go: { type: 'start', to: 'a' }, err: { type: 'error', to: 'flow_way' } } };

test('a turn computes so much and no more, and apologises with what is left', () => {
  const list = Array.from({ length: 1_000 }, (_, at) => at);
  const costly = Array.from({ length: 30 }, () => ({ var: 'n', value: '{{ list.map(i, i * 2 + 1 - 3).sum() }}' }));
  const groups = {
    a: [
      { id: 'w', type: 'while', test: { cel: 'true' }, max: 80, to: { do: 'a.s', done: '@end' } },
      { id: 's', type: 'set', set: costly, to: { next: '@continue' } },
    ],
    flow_way: ends('Sorry: {{ last.error }}, {{ 1 + 1 }}'),
  };
  const more = { ...onError, vars: { n: { type: 'number' }, list: { type: 'list', default: list } } };
  expect(play(groups, [], { more })).toEqual(['bot: Sorry: the flow computes more than one turn may, 2', 'do: end']);
});

describe('an error takes the nearest way out', () => {
  const ways = { block_way: ends('Block'), group_way: ends('Group'), flow_way: ends('Flow') };

  test('the block, then the group, then the flow, then people', () => {
    const own = failing({ to: { next: '@end', error: 'block_way' } });
    expect(play({ a: { blocks: [own], error: 'group_way' }, ...ways }, [], { more: onError })[0]).toBe('bot: Block');
    expect(play({ a: { blocks: [failing()], error: 'group_way' }, ...ways }, [], { more: onError })[0]).toBe('bot: Group');
    expect(play({ a: [failing()], ...ways }, [], { more: onError })[0]).toBe('bot: Flow');
    expect(play({ a: [failing()] })).toEqual(['do: failed: the flow nowhere is not there']);
  });

  test('the reason is told to the way out, logged and traced', () => {
    const talk = begin({ a: [failing()], flow_way: ends('Sorry: {{ last.error }}') }, { more: onError });
    expect(talk.lines).toEqual(['bot: Sorry: the flow nowhere is not there', 'do: end']);
    expect(talk.outputs).toContainEqual({ kind: 'log', block: 'a.x', level: 'error', text: 'the flow nowhere is not there' });
    expect(tracesOf(talk)[0]).toBe('a.x error');
  });

  test('an error on the way out ends the session; the next turn may try again', () => {
    const groups_ = { a: [{ id: 'q', type: 'ask', kind: 'text', text: '?', retry: { max: 1 } }, failing()], flow_way: [failing({ id: 'y' })] };
    expect(play(groups_, ['you: hi', 'you: x'], { more: onError })).toEqual(['you: hi', 'bot: ?', 'you: x', 'do: failed: the flow nowhere is not there']);
  });
});

describe('a turn', () => {
  test('two hundred blocks are the most; the way out has some of its own', () => {
    const chain = Array.from({ length: 200 }, (_, at) => ({ id: `b${at}`, type: 'log', text: 'x' }));
    expect(play({ a: [...chain.slice(0, 199), { id: 'end', type: 'end' }] })).toEqual(['do: end']);
    expect(play({ a: [...chain.slice(0, 199), { id: 'on', type: 'goto', to: { next: 'b' } }], b: [{ id: 'end', type: 'end' }] })).toEqual([
      'do: failed: more than 200 blocks in one turn: an endless loop?',
    ]);
    const endless = { a: [{ id: 's', type: 'log', text: 'x', to: { next: 'a' } }], flow_way: ends('Sorry') };
    const talk = begin(endless, { more: onError });
    expect(talk.lines).toEqual(['bot: Sorry', 'do: end']);
    expect(talk.session.counters.blocks).toBeLessThanOrEqual(limits.blocksPerTurn + 50);
  });

  test('a hundred messages are the most', () => {
    const lines = play({ a: [{ id: 't', type: 'text', text: 'x', to: { next: 'a' } }] });
    expect(lines.filter((line) => line === 'bot: x')).toHaveLength(100);
    expect(lines.at(-1)).toBe('do: failed: more than 100 messages in one turn');
  });

  test('goes on through the answers to what it asked for', () => {
    const groups = {
      a: [
        { id: 'c', type: 'code', code: '1' },
        { id: 'l', type: 'log', text: 'x', to: { next: 'a' } },
      ],
    };
    const talk = begin(groups, { samples: { code: [{ values: { result: 1 } }] } });
    expect(talk.lines).toEqual(['do: failed: more than 20 calls in one turn']);
    expect(talk.session.counters.spent).toMatchObject({ asks: 18, isFailing: true });
  });

  test('a session holds so much and no more, and the block that would go beyond fails', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const vars = { ...Object.fromEntries(names.map((name) => [name, { type: 'text' }])), big: { type: 'text', default: 'x'.repeat(60_000) } };
    const set = (name: string) => ({ id: `s${name}`, type: 'set', set: [{ var: name, value: '{{ big }}' }] });
    const talk = begin({ a: [...names.map(set), { id: 'e', type: 'end' }] }, { more: { vars } });
    expect(talk.lines).toEqual(['do: failed: d would make the session larger than 256 KB']);
    expect(JSON.stringify(talk.session).length).toBeLessThanOrEqual(limits.unitsPerSession);
    const again = begin({ a: [...[1, 2, 3, 4, 5].map((n) => ({ ...set('a'), id: `s${n}` })), { id: 'e', type: 'end' }] }, { more: { vars } });
    expect(again.lines).toEqual(['do: end']);
  });
});

describe('variables', () => {
  const ask = (id: string) => ({ id, type: 'ask', kind: 'text', text: '{{ x }}/{{ y }}', retry: { max: 1 } });
  const vars = { x: { type: 'number', default: 1, scope: 'turn' }, y: { type: 'number', default: 1 } };
  const set = {
    id: 's',
    type: 'set',
    set: [
      { var: 'x', value: 2 },
      { var: 'y', value: 2 },
    ],
  };

  test('of a turn are as they were when the next one begins; others stay', () => {
    expect(play({ a: [set, ask('q1'), ask('q2'), ...ends('Bye')] }, ['you: hi', 'you: on'], { more: { vars } })).toEqual([
      'you: hi',
      'bot: 2/2',
      'you: on',
      'bot: 1/2',
    ]);
  });

  test('of a turn live through a call to the outside', () => {
    const groups = { a: [set, { id: 'c', type: 'code', code: '1' }, ask('q1'), ...ends('Bye')] };
    expect(play(groups, ['you: hi'], { more: { vars } })).toEqual(['you: hi', 'bot: 2/2']);
  });

  test('of a turn are forgotten in the flow that called, too', () => {
    const sub = flowOf({ g: [{ id: 'q', type: 'ask', kind: 'text', text: '?', retry: { max: 1 }, to: { next: '@return' } }] }, { id: 'sub' });
    const groups = { a: [set, { id: 'c', type: 'call', flow: 'sub' }, ...ends('{{ x }}/{{ y }}')] };
    expect(play(groups, ['you: hi', 'you: on'], { more: { vars }, flows: { sub } }).at(-2)).toBe('bot: 1/2');
  });
});

describe('what comes in', () => {
  const ask = {
    id: 'q',
    type: 'ask',
    kind: 'choice',
    text: '?',
    options: [
      { id: 'menu', label: 'Menu' },
      { id: 'b', label: 'Other' },
    ],
    retry: { max: 2 },
  };
  const groups = { a: [ask, ...ends('Got {{ msg.text }}')] };

  test('the reply that starts is known in that turn and answers nothing', () => {
    expect(play({ a: [{ id: 't', type: 'text', text: 'You said {{ msg.text }}' }, ask, ...ends('x')] }, ['you: Other']).slice(0, 3)).toEqual([
      'you: Other',
      'bot: You said Other',
      'bot: ?',
    ]);
  });

  test('a press on an option goes before a global command, and a command before the words of an option', () => {
    expect(play(groups, ['you: hi', 'you: [Menu]']).at(-2)).toBe('bot: Got Menu');
    expect(play(groups, ['you: hi', 'you: MENU']).at(-1)).toBe('do: command menu');
    expect(play(groups, ['you: hi', 'you: menu'], { context: { commands: {} } }).at(-2)).toBe('bot: Got menu');
  });

  test('a command is the whole message or none, and leaves the session as it was', () => {
    const talk = begin(groups);
    const { session } = talk;
    talk.say(' Human ');
    expect(talk.session).toBe(session);
    expect(talk.outputs.at(-1)).toEqual({ kind: 'command', name: 'agent' });
    talk.say('the human way');
    expect(talk.session).not.toBe(session);
  });

  test('a flow without a start cannot be started by name, only at a place', () => {
    const groups_ = { a: ends('A') };
    expect(play(groups_, [], { more: { triggers: {} } })).toEqual(['do: failed: This flow has no start']);
    const talk = begin(groups_, { more: { triggers: {} } });
    talk.give({ kind: 'start', at: 'a' });
    expect(talk.lines.slice(-2)).toEqual(['bot: A', 'do: end']);
  });

  test('parameters have their defaults, also those with the names every object has', () => {
    const params = { constructor: { type: 'text' }, n: { type: 'number', default: 3 } };
    expect(play({ a: ends('{{ param.n }} {{ param.constructor | json }}') }, [], { more: { params } })[0]).toBe('bot: 3 null');
  });

  test('a button of a flow further out leads back there', () => {
    const sub = flowOf({ g: [{ id: 'q', type: 'ask', kind: 'text', text: 'Name?', retry: { max: 1 }, to: { next: '@return' } }] }, { id: 'sub' });
    const outer = {
      a: [
        { id: 't', type: 'text', text: 'Hi', buttons: [{ id: 'b', label: 'Stop' }], to: { 'btn:b': 'b' } },
        { id: 'c', type: 'call', flow: 'sub', to: { next: '@end' } },
      ],
      b: ends('Stopped'),
    };
    const talk = begin(outer, { flows: { sub } });
    talk.say('[Stop]');
    expect(talk.lines.slice(-2)).toEqual(['bot: Stopped', 'do: end']);
    expect(talk.session.stack).toEqual([]);
  });

  test('a block whose condition does not hold is passed by', () => {
    const groups_ = { a: [{ id: 't', type: 'text', text: 'For VIPs', when: { l: 'subscriber.tags', op: 'has', r: 'vip' } }, ...ends('For all')] };
    expect(play(groups_)).toEqual(['bot: For all', 'do: end']);
    expect(play(groups_, [], { context: { subscriber: { tags: ['vip'] } } })[0]).toBe('bot: For VIPs');
  });
});

test('every executed block is traced once, with the port it left by', () => {
  const sub = flowOf({ g: [{ id: 'r', type: 'return' }] }, { id: 'sub' });
  const groups = {
    a: [
      { id: 't', type: 'text', text: 'x' },
      { id: 'c', type: 'call', flow: 'sub' },
      { id: 'l', type: 'each', in: '[1]', as: 'x', to: { do: 'b', done: 'c' } },
    ],
    b: [{ id: 's', type: 'set', set: [{ var: 'x', value: 1 }], to: { next: '@continue' } }],
    c: [{ id: 'g', type: 'goto', to: { next: 'd' } }],
    d: [{ id: 'last', type: 'text', text: 'y', to: { next: '@end' } }],
  };
  const talk = begin(groups, { flows: { sub }, more: { vars: { x: { type: 'number' } } } });
  expect(tracesOf(talk)).toEqual(['a.t next', 'g.r return', 'a.c next', 'a.l do', 'b.s next', 'a.l done', 'c.g next', 'd.last next']);
  expect(talk.outputs.filter((one) => one.kind === 'trace' && Object.keys(one.set).length > 0)).toMatchObject([
    { block: 'a.l', set: { x: '1' } },
    { block: 'b.s', set: { x: '1' } },
  ]);
});

// Random flows and random inputs: the engine never throws, stays within its limits, leaves its input untouched,
// survives JSON, and does the same again. Seeds that ever failed are kept in the list.
import { expect, test } from 'vitest';
import { type Context, limits } from './advance/turn.ts';
import { advance, type Input, onlyVersions } from './advance.ts';
import { check } from './check.ts';
import { applyEdits, type Edit } from './edit.ts';
import type { Value } from './expression/value.ts';
import { canonical, type Flow, parseFlow } from './flow.ts';
import { newSession, randomOf, type Session } from './session.ts';

const keptSeeds: number[] = [];
const runs = Number(process.env.ENGINE_RUNS ?? 140);
const turnsPerRun = 25;

class Dice {
  readonly #next: () => number;
  constructor(seed: number) {
    this.#next = randomOf(seed, 0);
  }
  number(below: number): number {
    return Math.floor(this.#next() * below);
  }
  one<T>(items: readonly T[]): T {
    return items[this.number(items.length)] as T;
  }
  chance(share: number): boolean {
    return this.#next() < share;
  }
}

const words = [
  '',
  'hi',
  'yes',
  'no',
  '3',
  'AB123456',
  'jane@example.com',
  '+49 151 23456789',
  '2026-02-31',
  '2026-02-28',
  '💥',
  'x'.repeat(3000),
  '{{ n }}',
  '__proto__',
  'restart',
  'cancel',
  'skip',
  '1',
  'menu',
];
const expressions = [
  'n + 1',
  'n',
  'name',
  'list',
  'list.map(i, i * 2)',
  'obj.a.b',
  '"x" * 2',
  '1 / 0',
  'name + name',
  'subscriber.first_name | default("x") | upper',
  'list[99]',
  'n > 2 && name == "yes"',
  'size(list)',
  'now | date("DD.MM.YYYY")',
  'uuid()',
  'pick(list)',
  'loop.index',
  'last.status',
  'nothing.at.all',
  'sha256(name)',
  '[list, list]',
  '-n',
  'from_json(name)',
  'name | pad(9999, name)',
];
/** Deeper than the stack of whoever would walk it. */
const deep: Value = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
const vars = ['n', 'name', 'list', 'obj'];
const kinds = ['text', 'number', 'email', 'phone', 'url', 'date', 'time', 'choice', 'multi', 'file', 'location', 'rating', 'confirm', 'contact'];

function randomFlow(dice: Dice, id: string, others: string[]): Flow {
  const groups = Array.from({ length: 1 + dice.number(5) }, (_, at) => `g${at}`);
  const target = (): string => (dice.chance(0.15) ? dice.one(['@end', '@return', '@restart', '@continue', '@break']) : dice.one(groups));
  let count = 0;
  const text = (): string => dice.one(['Hello', `{{ ${dice.one(expressions)} }}`, `A {{ ${dice.one(expressions)} }} b`]);
  const condition = (): object =>
    dice.chance(0.5)
      ? {
          l: dice.one(expressions),
          op: dice.one(['eq', 'ne', 'gt', 'contains', 'has', 'is_set', 'is_empty', 'matches', 'between', 'before', 'weekday', 'in']),
          r: dice.one([1, 'yes', null, [1, 2], '{{ n }}', '(']),
        }
      : { cel: dice.one(expressions) };
  const makers: (() => object)[] = [
    () => ({ type: 'text', text: text(), ...(dice.chance(0.3) ? { buttons: [{ id: 'b1', label: 'Go' }] } : {}) }),
    () => ({
      type: 'ask',
      kind: dice.one(kinds),
      text: text(),
      save: dice.one(vars),
      options: [
        { id: 'yes', label: 'Yes' },
        { id: 'no', label: 'No', value: 2 },
      ],
      ...(dice.chance(0.5) ? { timeout: '5m' } : {}),
      ...(dice.chance(0.5) ? { required: false } : {}),
    }),
    () => ({ type: 'set', set: [{ var: dice.one(vars), value: `{{ ${dice.one(expressions)} }}` }] }),
    () => ({ type: 'if', cases: [{ id: 'a', when: condition() }] }),
    () => ({
      type: 'split',
      ways: [
        { id: 'a', weight: 1 },
        { id: 'b', weight: 3 },
      ],
    }),
    () => ({ type: 'each', in: dice.one(expressions), as: dice.one(vars), max: 1 + dice.number(20) }),
    () => ({ type: 'while', test: condition(), max: 1 + dice.number(20) }),
    () => ({ type: 'wait', for: '10m' }),
    () => ({ type: 'goto' }),
    () => ({ type: 'end' }),
    () => ({ type: 'return', values: { out: `{{ ${dice.one(expressions)} }}` } }),
    () => ({ type: 'call', flow: dice.one([...others, id, 'missing']), save: { name: 'out' } }),
    () => ({
      type: 'api',
      request: { method: 'POST', url: 'https://x.example/{{ name }}', body: { kind: 'json', json: { a: `{{ ${dice.one(expressions)} }}` } } },
      map: { obj: 'body' },
    }),
    () => ({ type: 'code', code: '1', save: 'name' }),
    () => ({ type: 'subscriber', fields: { first_name: text() }, add_tags: ['vip'] }),
    () => ({ type: 'handoff', text: 'One moment', timeout: '1h' }),
    () => ({ type: 'wait_webhook', save: 'obj', timeout: '1h' }),
    () => ({ type: 'form', fields: [{ id: 'email', kind: 'email', label: 'E-mail' }], save: 'obj' }),
    () => ({ type: 'hours' }),
    () => ({ type: 'cards', from: dice.one(expressions), card: { title: '{{ item }}', buttons: [{ id: 'b', label: 'x' }] } }),
    () => ({ type: 'log', text: text() }),
    () => ({ type: 'typing' }),
    () => ({ type: 'media', kind: 'image', url: text(), caption: text() }),
    () => ({ type: 'location', lat: text(), lng: 1 }),
    () => ({ type: 'template', name: 't', language: 'en', params: { a: text() } }),
    () => ({ type: 'email', to_address: text(), subject: text(), html: text() }),
    () => ({ type: 'emit', event: 'e', data: [text()] }),
    () => ({ type: 'note', text: text() }),
    () => ({ type: 'goal', name: 'g', value: text() }),
    () => ({ type: 'ask', kind: 'choice', text: text(), options_from: dice.one(expressions), option: { label: '{{ item }}', value: '{{ item }}' } }),
    () => ({ type: 'wait', window: { from: '22:00', to: '02:00', days: [1 + dice.number(7)] } }),
  ];
  const ports = ['next', 'else', 'invalid', 'timeout', 'done', 'do', 'error', 'others', 'case:a', 'w:a', 'opt:yes', 'btn:b1', '2xx', 'resolved'];
  const block = (): object => {
    count += 1;
    const to = Object.fromEntries(ports.filter(() => dice.chance(0.35)).map((port) => [port, target()]));
    return { id: `b${count}`, ...dice.one(makers)(), to, ...(dice.chance(0.1) ? { when: condition() } : {}) };
  };
  const found = parseFlow({
    format: 'flow/1',
    id,
    name: 'Random',
    vars: { n: { type: 'number', default: 1 }, name: { type: 'text' }, list: { type: 'list', default: [1, 2, 3] }, obj: { type: 'object', scope: 'turn' } },
    triggers: { go: { type: 'start', to: 'g0' }, ...(dice.chance(0.4) ? { err: { type: 'error', to: dice.one(groups) } } : {}) },
    groups: Object.fromEntries(groups.map((name) => [name, { blocks: Array.from({ length: 1 + dice.number(5) }, block) }])),
    texts: { de: { 'g0.b1.text': 'Hallo {{ n }}' } },
  });
  if (!found.ok) throw new Error(JSON.stringify(found.problems));
  return found.flow;
}

function contextAt(now: number): Context {
  return {
    now,
    timeZone: 'Europe/Berlin',
    language: 'de',
    channel: 'web',
    subscriber: { id: 7, first_name: 'Jo', tags: ['a'] },
    bot: {},
    fields: null,
    conv: {},
    env: {},
    hours: { isOpen: (at) => at % 2 === 0, nextOpen: (at) => at + 1 },
    commands: { restart: ['restart'], menu: ['menu'] },
    interrupts: (reply) => reply.text === '💥',
    token: (nth) => `t${nth}`,
    webhookUrl: (token) => `https://x.example/${token}`,
  };
}

function randomInput(dice: Dice, session: Session): Input {
  const wait = session.wait;
  if (wait?.kind === 'effect' && dice.chance(0.8)) {
    return {
      kind: 'answer',
      id: wait.id,
      ok: dice.chance(0.8),
      values: {
        kind: dice.one(['status', 'timeout', 'network']),
        status: dice.one([200, 404, 500, 302]),
        body: dice.one<Value>([null, { a: { b: 1 } }, 'text', [1], deep, 'x'.repeat(50_000)]),
        result: dice.one<Value>([5, deep, 'x'.repeat(70_000)]),
      },
    };
  }
  if (wait && dice.chance(0.2)) return { kind: 'timer', wait: wait.id };
  if (wait?.kind === 'webhook' && dice.chance(0.5)) return { kind: 'webhook', token: wait.token, data: dice.one<Value>([{ ok: true }, deep]) };
  if (wait?.kind === 'human' && dice.chance(0.5)) return { kind: 'human', outcome: dice.one(['resolved', 'no_agent']) };
  if (wait?.kind === 'reply' && wait.choices.length > 0 && dice.chance(0.4))
    return { kind: 'reply', reply: { text: '', payload: dice.one(wait.choices).payload } };
  if (dice.chance(0.05)) return { kind: 'jump', at: dice.one(['g0', 'g1', 'nowhere']) };
  return { kind: 'reply', reply: { text: dice.one(words), ...(dice.chance(0.1) ? { payload: dice.one(['btn:g0.b1:b1', 'opt:g0.b1:yes', 'nonsense']) } : {}) } };
}

function playOne(seed: number): number {
  const dice = new Dice(seed);
  const flows = { main: randomFlow(dice, 'main', ['sub']), sub: randomFlow(dice, 'sub', ['main']) };
  for (const flow of Object.values(flows)) {
    check(flow);
    const again = parseFlow(JSON.parse(canonical(flow)));
    expect(again.ok && canonical(again.flow), `seed ${seed}`).toBe(canonical(flow));
  }
  let session = newSession('main', 1, seed);
  let steps = 0;
  for (let turn = 0; turn < turnsPerRun; turn += 1) {
    const input: Input =
      turn === 0 || session.status === 'ended' || session.status === 'failed' ? { kind: 'start', reply: { text: 'hi' } } : randomInput(dice, session);
    const before = JSON.stringify(session);
    const context = contextAt(1_768_473_000_000 + turn * 60_000);
    const step = advance(onlyVersions(flows), session, input, context);
    expect(JSON.stringify(session), `seed ${seed}: the input was changed`).toBe(before);
    const thawed = JSON.parse(before) as Session;
    expect(JSON.stringify(advance(onlyVersions(flows), thawed, input, context)), `seed ${seed}: a replay differs`).toBe(JSON.stringify(step));
    const blocks = step.session.counters.blocks - session.counters.blocks;
    expect(blocks, `seed ${seed}`).toBeLessThanOrEqual(limits.blocksPerTurn + 51);
    expect(step.session.stack.length, `seed ${seed}`).toBeLessThanOrEqual(limits.stackDepth);
    expect(JSON.stringify(step.session).length, `seed ${seed}`).toBeLessThanOrEqual(limits.unitsPerSession + 4_096);
    expect(step.session.wait !== null, `seed ${seed}`).toBe(step.session.status === 'waiting' || step.session.status === 'handed_off');
    expect(step.session.counters.spent.asks, `seed ${seed}`).toBeLessThanOrEqual(limits.asksPerTurn + 1);
    expect(JSON.parse(JSON.stringify(step.session)), `seed ${seed}: it does not survive as JSON`).toEqual(step.session);
    steps += blocks;
    session = step.session;
  }
  return steps;
}

test('random flows never throw, never exceed a limit, never change their input, and replay the same', () => {
  let steps = 0;
  for (const seed of keptSeeds) steps += playOne(seed);
  for (let seed = 1; seed <= runs; seed += 1) steps += playOne(seed);
  expect(steps).toBeGreaterThanOrEqual(Math.min(100_000, runs * 500));
}, 120_000);

test('any edit is undone by its inverse to the very same text', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const dice = new Dice(seed);
    const flow = randomFlow(dice, 'main', []);
    const groups = Object.keys(flow.groups);
    const group = dice.one(groups);
    const block = dice.one(flow.groups[group]?.blocks ?? []);
    const edits: Edit[] = [
      { kind: 'put', path: ['name'], value: 'Other' },
      { kind: 'put', path: ['groups', group, 'blocks', `#${block.id}`, 'note'], value: 'Look' },
      { kind: 'rename_block', group, block: block.id, to: 'renamed' },
      { kind: 'rename_group', group, to: 'renamed_group' },
      {
        kind: 'move_block',
        group: 'renamed_group',
        block: 'renamed',
        to: dice.one(groups.filter((one) => one !== group).concat('renamed_group')),
        before: null,
      },
      { kind: 'add_group', group: 'fresh', at: [1, 2] },
      { kind: 'add_block', group: 'fresh', before: null, block: { id: 'new_one', type: 'end' } },
      { kind: 'remove_block', group: 'fresh', block: 'new_one' },
      { kind: 'remove_group', group: 'fresh' },
    ];
    const done = applyEdits(flow, edits);
    expect(done.ok, `seed ${seed}: ${done.ok ? '' : done.problem}`).toBe(true);
    if (!done.ok) continue;
    const undone = applyEdits(done.flow, done.inverse);
    expect(undone.ok && canonical(undone.flow), `seed ${seed}`).toBe(canonical(flow));
    const redone = undone.ok ? applyEdits(undone.flow, undone.inverse) : undone;
    expect(redone.ok && canonical(redone.flow), `seed ${seed}`).toBe(canonical(done.flow));
  }
});

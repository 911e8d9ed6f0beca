// The engine alone, without a database or a network: what a block costs, and the longest turn there may be.
import { type Context, limits } from '../engine/advance/turn.ts';
import { advance, type Input, onlyVersions } from '../engine/advance.ts';
import { type Flow, parseFlow } from '../engine/flow.ts';
import { newSession, type Session } from '../engine/session.ts';
import { asking } from './load/conversations.ts';
import { type Bench, median, quantile } from './report.ts';

const samples = 300;
const turnsPerSample = 50;

/** Nearly as many blocks as a turn may have: four a round. */
const looping = {
  format: 'flow/1',
  id: 'loop',
  name: 'Loop',
  vars: { n: { type: 'number', default: 0 }, text: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'loop' } },
  groups: {
    loop: { blocks: [{ id: 'while', type: 'while', test: { l: 'n', op: 'lt', r: 49 }, max: 100, to: { do: 'body', done: 'rest' } }] },
    body: {
      blocks: [
        { id: 'count', type: 'set', set: [{ var: 'n', value: '{{ n + 1 }}' }] },
        { id: 'which', type: 'if', cases: [{ id: 'even', when: { cel: 'n % 2 == 0' } }] },
        { id: 'again', type: 'goto', to: { next: '@continue' } },
      ],
    },
    rest: { blocks: [{ id: 'ask', type: 'ask', kind: 'text', text: 'And now?', retry: { max: 1 }, to: { next: '@end' } }] },
  },
};

const context: Context = {
  now: Date.UTC(2026, 0, 15, 10, 30),
  timeZone: 'UTC',
  language: 'en',
  channel: 'web',
  subscriber: { id: 1, first_name: 'Ann', tags: [] },
  bot: {},
  fields: null,
  conv: {},
  env: {},
  hours: { isOpen: () => true, nextOpen: (at) => at },
  commands: { restart: ['restart'] },
  interrupts: () => false,
  token: () => 'token',
  webhookUrl: (token) => `https://bot.example/${token}`,
};

export const engine: Bench = {
  name: 'engine',
  summary: 'advance alone: what a block costs, and the longest turn there may be',
  run: async () => {
    const everyday = measured(flowOf(asking), (session) => (session.turn === 0 ? { kind: 'start' } : { kind: 'reply', reply: { text: 'a few words more' } }));
    const longest = measured(flowOf(looping), () => ({ kind: 'start' }));
    return [
      { name: 'blocks in an everyday turn', value: everyday.blocks, unit: 'blocks', better: 'more' },
      { name: 'a block, median', value: (median(everyday.ms) * 1000) / everyday.blocks, unit: 'µs', better: 'less', limit: 20 },
      { name: 'a block, 99 of 100', value: (quantile(everyday.ms, 0.99) * 1000) / everyday.blocks, unit: 'µs', better: 'less' },
      { name: 'blocks in the longest turn', value: longest.blocks, unit: 'blocks', better: 'more', limit: limits.blocksPerTurn - 20 },
      { name: 'the longest turn', value: median(longest.ms), unit: 'ms', better: 'less', limit: 5 },
    ];
  },
};

function flowOf(document: object): Flow {
  const found = parseFlow(document);
  if (!found.ok) throw new Error(JSON.stringify(found.problems));
  return found.flow;
}

/** Milliseconds of a turn, of which the first of the session is not measured, and the blocks in one. */
function measured(flow: Flow, input: (session: Session) => Input): { ms: number[]; blocks: number } {
  const flows = onlyVersions({ [flow.id]: flow });
  const first = newSession(flow.id, 1, 1);
  const begun = advance(flows, first, input(first), context).session;
  const again = input(begun);
  const turn = () => advance(flows, begun, again, context);
  const { outputs } = turn();
  const ms = Array.from({ length: samples }, () => {
    const from = performance.now();
    for (let count = 0; count < turnsPerSample; count += 1) turn();
    return (performance.now() - from) / turnsPerSample;
  });
  return { ms: ms.slice(samples / 10), blocks: outputs.filter((one) => one.kind === 'trace').length };
}

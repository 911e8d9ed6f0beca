import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { begin, ends, flowOf, play } from '../../testing/play.ts';

const vars = { x: { type: 'text', default: 'mine' }, got: { type: 'number' } };
const sub = (groups: { [name: string]: object[] }, more: object = {}) => ({ sub: flowOf(groups, { id: 'sub', name: 'Sub', ...more }) });
const main = (more: object = {}) => ({ a: [{ id: 'c', type: 'call', flow: 'sub', ...more }, ...ends('Back: {{ x }} {{ got }}')] });

test('a flow is called with parameters and gives back values; its variables are its own', () => {
  const flows = sub(
    {
      g: [
        { id: 't', type: 'text', text: '{{ param.n }} {{ param.unit }} {{ x }}' },
        { id: 's', type: 'set', set: [{ var: 'x', value: 'changed' }] },
        { id: 'r', type: 'return', values: { twice: '{{ param.n * 2 }}' } },
      ],
    },
    { params: { n: { type: 'number' }, unit: { type: 'text', default: 'kg' } }, vars: { x: { type: 'text', default: 'its own' } } },
  );
  expect(play(main({ with: { n: '{{ 20 + 1 }}' }, save: { got: 'twice' } }), [], { flows, more: { vars } })).toEqual([
    'bot: 21 kg its own',
    'bot: Back: mine 42',
    'do: end',
  ]);
});

test('a called flow asks and waits like any other, and the caller goes on where it was', () => {
  const flows = sub(
    { g: [{ id: 'q', type: 'ask', kind: 'text', text: 'Name?', save: 'x', retry: { max: 1 }, to: { next: '@return' } }] },
    { vars: { x: { type: 'text' } } },
  );
  expect(play(main(), ['you: hi', 'you: Jo'], { flows, more: { vars } })).toEqual(['you: hi', 'bot: Name?', 'you: Jo', 'bot: Back: mine ', 'do: end']);
});

test('what was not returned is null, also under a name that every object has', () => {
  const flows = sub({ g: [{ id: 'r', type: 'return' }] });
  expect(begin(main({ save: { got: 'constructor' } }), { flows, more: { vars } }).session.vars.got).toBeNull();
});

test('an end inside ends the whole session; a restart starts the outermost flow', () => {
  expect(play(main(), [], { flows: sub({ g: [{ id: 'e', type: 'end' }] }), more: { vars } })).toEqual(['do: end']);
  const again = {
    a: [
      { id: 'p', type: 'ask', kind: 'text', text: 'Main {{ param.k }}', retry: { max: 1 } },
      { id: 'c', type: 'call', flow: 'sub', with: { k: 'inner' } },
      ...ends('x'),
    ],
  };
  const flows = sub({ g: [{ id: 'r', type: 'text', text: 'Sub {{ param.k }}', to: { next: '@restart' } }] }, { params: { k: { type: 'text' } } });
  expect(play(again, ['you: hi', 'you: go'], { flows, more: { params: { k: { type: 'text', default: 'outer' } } } })).toEqual([
    'you: hi',
    'bot: Main outer',
    'you: go',
    'bot: Sub inner',
    'bot: Main outer',
  ]);
});

test('flows inside each other go sixteen deep and no further', () => {
  const talk = begin({
    a: [
      { id: 't', type: 'text', text: 'Deep' },
      { id: 'c', type: 'call', flow: 'main', to: { next: '@end' } },
    ],
  });
  expect(talk.lines.filter((line) => line === 'bot: Deep')).toHaveLength(17);
  expect(talk.lines.at(-1)).toBe('do: failed: more than 16 flows inside each other');
});

test('a flow that is not there, or has no start, takes the error way', () => {
  const failing = (flow: string, flows = {}) =>
    play({ a: [{ id: 'c', type: 'call', flow, to: { next: '@end', error: 'b' } }], b: ends('Sorry') }, [], { flows });
  expect(failing('nowhere')).toEqual(['bot: Sorry', 'do: end']);
  expect(failing('constructor')).toEqual(['bot: Sorry', 'do: end']);
  expect(failing('sub', sub({ g: ends('x') }, { triggers: {} }))).toEqual(['bot: Sorry', 'do: end']);
  expect(check(flowOf(main(), { vars }), { flows: [] }).map((one) => one.code)).toContain('E05');
});

test('an error inside that nothing catches there is the callers to catch', () => {
  const flows = sub({ g: [{ id: 'x', type: 'call', flow: 'nowhere', to: { next: '@return' } }] });
  const caught = { a: [{ id: 'c', type: 'call', flow: 'sub', to: { next: '@end', error: 'b' } }], b: ends('Caught: {{ last.error }} {{ x }}') };
  expect(play(caught, [], { flows, more: { vars } })).toEqual(['bot: Caught: the flow nowhere is not there mine', 'do: end']);
});

test('a flow that went away while it was talked to is an error of the caller, not an accident', () => {
  const flows = sub({ g: [{ id: 'q', type: 'ask', kind: 'text', text: 'Name?', retry: { max: 1 }, to: { next: '@return' } }] });
  const groups = { a: [{ id: 'c', type: 'call', flow: 'sub', to: { next: '@end', error: 'b' } }], b: ends('Caught') };
  const talk = begin(groups, { flows });
  const later = begin(groups, {});
  later.session = talk.session;
  later.say('Jo');
  expect(later.lines.slice(-2)).toEqual(['bot: Caught', 'do: end']);
});

import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { asksOf, begin, ends, flowOf, play } from '../../testing/play.ts';

const handoff = (more: object = {}, after: object[] = []) => ({
  a: [{ id: 'h', type: 'handoff', ...more }, ...after],
  b: ends('Back'),
  c: ends('Nobody'),
  d: ends('Waited'),
});

test('people are asked for with what they need to know, and the engine rests', () => {
  const talk = begin(handoff({ text: 'One *moment*', summary: 'Order {{ 1 + 1 }}', to_agent: '{{ 7 }}', timeout: '10m' }));
  expect(asksOf(talk)).toEqual([{ ask: 'handoff', agent: '7', group: null, text: 'One *moment*', summary: 'Order 2', timeout_ms: 600_000 }]);
  expect(talk.session).toMatchObject({ status: 'handed_off', wait: { kind: 'human', block: 'a.h' } });
  expect(talk.lines).toEqual(['bot: One moment', 'do: handoff to 7']);
});

test('while people have the conversation, neither words nor buttons bring the bot back', () => {
  const groups = {
    a: [
      { id: 't', type: 'text', text: 'Hi', buttons: [{ id: 'x', label: 'X' }] },
      { id: 'h', type: 'handoff' },
    ],
  };
  expect(play(groups, ['you: hi', 'you: hello?', 'you: [X]']).slice(-4)).toEqual(['you: hello?', 'do: nobody answers', 'you: [X]', 'do: nobody answers']);
});

test('when people are done it goes on by its way, or with what follows, or ends', () => {
  expect(play(handoff({ to: { resolved: 'b' } }), ['you: hi', 'do: resolved']).slice(-2)).toEqual(['bot: Back', 'do: end']);
  expect(play(handoff({}, ends('Following')), ['you: hi', 'do: resolved']).slice(-2)).toEqual(['bot: Following', 'do: end']);
  expect(play(handoff(), ['you: hi', 'do: resolved'])).toEqual(['you: hi', 'do: handoff', 'do: resolved', 'do: end']);
});

test('when nobody is there it goes by no_agent, asked or told later', () => {
  const samples = { handoff: [{ ok: false, values: { reason: 'no_agent' } }] };
  expect(play(handoff({ to: { no_agent: 'c' } }), ['you: hi'], { samples }).slice(-2)).toEqual(['bot: Nobody', 'do: end']);
  expect(play(handoff({ to: { no_agent: 'c' } }), ['you: hi', 'do: no_agent']).slice(-2)).toEqual(['bot: Nobody', 'do: end']);
});

test('when nobody answers in time it goes by timeout, else by no_agent', () => {
  const late = (to: object) => play(handoff({ timeout: '10m', to }), ['you: hi', 'do: +10m']).at(-2);
  expect(late({ timeout: 'd', no_agent: 'c' })).toBe('bot: Waited');
  expect(late({ no_agent: 'c' })).toBe('bot: Nobody');
});

test('an agent can hand back to a block of choice', () => {
  expect(play(handoff(), ['you: hi', 'do: jump b']).slice(-2)).toEqual(['bot: Back', 'do: end']);
  const talk = begin(handoff());
  const { session } = talk;
  talk.direct('do: jump nowhere');
  expect(talk.session).toBe(session);
});

test('a hand-over that fails takes the error way', () => {
  const samples = { handoff: [{ ok: false }] };
  expect(play(handoff({ to: { error: 'c' } }), ['you: hi'], { samples }).slice(-2)).toEqual(['bot: Nobody', 'do: end']);
  expect(play(handoff(), ['you: hi'], { samples }).at(-1)).toBe('do: failed: the conversation could not be handed over');
});

test('groups of agents are not there yet, and hours are advised', () => {
  expect(check(flowOf({ a: [{ id: 'h', type: 'handoff', to_group: 'sales' }] })).map((one) => `${one.code} ${one.at}`)).toEqual([
    'E05 a.h.to_group',
    'W06 a.h',
  ]);
});

test('where nobody is who was asked for and nothing follows, whoever comes has it', () => {
  const samples = { handoff: [{ ok: false, values: { reason: 'nobody answers as 7' } }, {}] };
  const talk = begin({ a: [{ id: 'h', type: 'handoff', to_agent: '7' }] }, { samples });
  expect(talk.lines).toEqual(['do: handoff to 7', 'do: handoff']);
  expect(talk.session.status).toBe('handed_off');
});

test('handed back into the flow that called, the call is over', () => {
  const flows = { inner: flowOf({ i: [{ id: 'h', type: 'handoff' }] }, { id: 'inner' }) };
  const groups = { a: [{ id: 'c', type: 'call', flow: 'inner' }, ...ends('returned')], b: ends('Back') };
  const talk = begin(groups, { flows });
  talk.direct('do: jump b');
  expect(talk.lines.slice(-2)).toEqual(['bot: Back', 'do: end']);
  expect(talk.session.cursor.flow).toBe('main');
});

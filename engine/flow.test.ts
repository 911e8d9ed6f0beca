import { describe, expect, test } from 'vitest';
import { canonical, type Flow, maxBlocks, parseFlow } from './flow.ts';
import { flowOf } from './testing/play.ts';
import { currentFormat, upgrade } from './upgrade.ts';

const document = {
  layout: { b: [9, 1], a: [1, 2] },
  groups: {
    b: { blocks: [{ type: 'end', id: 'e' }] },
    a: {
      blocks: [
        {
          to: { 'opt:yes': 'b', invalid: '@end' },
          options: [{ label: 'Yes', id: 'yes' }],
          retry: { text: 'Again', max: 2 },
          when: { l: 'n', r: 1, op: 'eq' },
          text: 'Sure?',
          note: '',
          kind: 'choice',
          x_colour: 'red',
          type: 'ask',
          id: 'q',
        },
        { id: 't', type: 'text', text: 'Hi', to: {} },
      ],
      title: 'First',
    },
  },
  x_mine: { z: 1, a: 2 },
  vars: { n: { default: 1, type: 'number' }, a: { type: 'text' } },
  triggers: { go: { to: 'a', type: 'start' } },
  params: {},
  name: 'A flow',
  format: 'flow/1',
  id: 'f',
  texts: { es: {}, de: { 'a.t.text': 'Hallo', 'a.q.text': 'Sicher?' } },
};

const golden = `{
  "format": "flow/1",
  "id": "f",
  "name": "A flow",
  "vars": {
    "a": {
      "type": "text"
    },
    "n": {
      "type": "number",
      "default": 1
    }
  },
  "triggers": {
    "go": {
      "type": "start",
      "to": "a"
    }
  },
  "groups": {
    "a": {
      "title": "First",
      "blocks": [
        {
          "id": "q",
          "type": "ask",
          "when": {
            "l": "n",
            "op": "eq",
            "r": 1
          },
          "kind": "choice",
          "text": "Sure?",
          "retry": {
            "max": 2,
            "text": "Again"
          },
          "options": [
            {
              "id": "yes",
              "label": "Yes"
            }
          ],
          "x_colour": "red",
          "to": {
            "opt:yes": "b",
            "invalid": "@end"
          }
        },
        {
          "id": "t",
          "type": "text",
          "text": "Hi"
        }
      ]
    },
    "b": {
      "blocks": [
        {
          "id": "e",
          "type": "end"
        }
      ]
    }
  },
  "texts": {
    "de": {
      "a.q.text": "Sicher?",
      "a.t.text": "Hallo"
    },
    "es": {}
  },
  "x_mine": {
    "z": 1,
    "a": 2
  },
  "layout": {
    "a": [
      1,
      2
    ],
    "b": [
      9,
      1
    ]
  }
}
`;

function read(given: unknown): Flow {
  const found = parseFlow(given);
  if (!found.ok) throw new Error(JSON.stringify(found.problems));
  return found.flow;
}

describe('the canonical text', () => {
  test('is one, however the document was written', () => {
    expect(canonical(read(document))).toBe(golden);
    expect(canonical(read(JSON.parse(golden)))).toBe(golden);
    const shuffled = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(shuffled)
        : value !== null && typeof value === 'object'
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, one]) => [key, shuffled(one)]),
            )
          : value;
    const again = shuffled(document) as { groups: { a: { blocks: { to?: object }[] } }; x_mine: object };
    // Connections and what belongs to whoever wrote it keep their order.
    (again.groups.a.blocks[0] as { to: object }).to = document.groups.a.blocks[0]?.to as object;
    again.x_mine = document.x_mine;
    expect(canonical(read(again))).toBe(golden);
  });

  test('of a draft that is no flow yet is written too', () => {
    expect(canonical({ ...read(document), groups: {} })).toContain('"groups": {}');
  });
});

describe('what is not a flow is said with its place', () => {
  const with_ = (more: object) => ({ ...document, ...more });
  const block = (one: object) => with_({ groups: { a: { blocks: [one] } } });
  test.each<[string, unknown, string, RegExp]>([
    ['an unknown key', with_({ extra: 1 }), '', /Unknown key: extra\. Your own keys begin with x_/],
    ['an unknown key of a block', block({ id: 'e', type: 'end', extra: 1 }), 'groups.a.blocks.0', /Unknown key: extra/],
    ['an unknown key of a trigger', with_({ triggers: { go: { type: 'start', to: 'a', extra: 1 } } }), 'triggers.go', /extra/],
    ['an unknown key of a variable', with_({ vars: { n: { type: 'text', extra: 1 } } }), 'vars.n', /extra/],
    ['an unknown block', block({ id: 'e', type: 'dance' }), 'groups.a.blocks.0.type', /Unknown block type\. Known: text, media/],
    ['an id that is no slug', block({ id: 'E-1', type: 'end' }), 'groups.a.blocks.0.id', /lower-case/],
    ['a target that is none', block({ id: 'e', type: 'text', text: 'x', to: { next: '@somewhere' } }), 'groups.a.blocks.0.to.next', /./],
    ['a group without blocks', with_({ groups: { a: { blocks: [] } } }), 'groups.a.blocks', /./],
    ['no groups', with_({ groups: {} }), 'groups', /at least one group/],
    ['no name', with_({ name: undefined }), 'name', /./],
    ['another format', with_({ format: 'flow/9' }), 'format', /./],
    ['a condition with an unknown operator', block({ id: 'e', type: 'end', when: { l: 'a', op: 'equals' } }), 'groups.a.blocks.0.when', /./],
    ['a duration that is none', block({ id: 'e', type: 'wait', for: 'a while' }), 'groups.a.blocks.0.for', /a duration such as/],
    ['no object', 'flow', '', /./],
    ['nothing', null, '', /./],
  ])('%s', (_name, given, path, message) => {
    const found = parseFlow(given);
    expect(found.ok).toBe(false);
    if (!found.ok) expect(found.problems).toContainEqual({ path, message: expect.stringMatching(message) });
  });

  test('too many blocks, and nesting that nobody could walk', () => {
    const blocks = (group: number) => Array.from({ length: 200 }, (_, at) => ({ id: `b${group}_${at}`, type: 'end' }));
    const groups = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`g${at}`, { blocks: blocks(at) }]));
    expect(parseFlow(with_({ groups }))).toEqual({
      ok: false,
      problems: [{ path: 'groups', message: `A flow has at most ${maxBlocks} blocks; this one has 2200.` }],
    });
    const deep = JSON.parse(`${'{"all":['.repeat(5_000)}{"cel":"true"}${']}'.repeat(5_000)}`);
    expect(parseFlow(block({ id: 'e', type: 'end', when: deep }))).toMatchObject({ ok: false, problems: [{ message: 'This document is nested too deeply.' }] });
  });
});

test('keys that begin with x_ belong to whoever writes them, and stay', () => {
  const flow = flowOf({ a: [{ id: 'e', type: 'end', x_note: { a: 1 } }] }, { x_top: 1 });
  expect(JSON.parse(canonical(flow))).toMatchObject({ x_top: 1, groups: { a: { blocks: [{ x_note: { a: 1 } }] } } });
});

test('a document of today is read as it is; one from the future is refused by name', () => {
  expect(upgrade(document)).toEqual(parseFlow(document));
  expect(upgrade({ ...document, format: 'flow/2' })).toEqual({
    ok: false,
    problems: [{ path: 'format', message: `The format "flow/2" is not known here; this version reads ${currentFormat}.` }],
  });
  expect(upgrade([])).toEqual({ ok: false, problems: [{ path: '', message: 'A flow is a JSON object.' }] });
  expect(upgrade({})).toMatchObject({ ok: false });
});

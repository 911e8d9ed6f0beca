// A button that was shown long ago still leads where it says; and what the conversation knows of its person is up to date.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { makePerson, startWith, tenantOf } from '../testing/person.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { createFlow, publishFlow } from './flows.ts';

const offer = (id: string, name: string, block = 'offer') => ({
  format: 'flow/1',
  id,
  name,
  vars: { price: { type: 'number', default: 7 } },
  triggers: { go: { type: 'start', to: 'a' }, again: { type: 'keyword', any: ['More'], to: 'k' } },
  groups: {
    a: { blocks: [{ id: block, type: 'text', text: `${name}?`, buttons: [{ id: 'more', label: 'More' }], to: { 'btn:more': 'm', next: '@end' } }] },
    m: { blocks: [{ id: 'told', type: 'text', text: `${name} costs {{ price }}, you said {{ msg.text }}.`, to: { next: '@end' } }] },
    k: { blocks: [{ id: 'word', type: 'text', text: 'By the word.', to: { next: '@end' } }] },
  },
});

const hours = {
  format: 'flow/1',
  id: 'hours',
  name: 'Window',
  triggers: { k: { type: 'keyword', any: ['window'], to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'i', type: 'if', cases: [{ id: 'in', when: { op: 'within_24h' } }], to: { 'case:in': 'a.open', else: 'a.shut' } },
        say('open', 'Open.'),
        say('shut', 'Shut.'),
      ],
    },
  },
};

function say(id: string, text: string) {
  return { id, type: 'text', text, to: { next: '@end' } };
}

describe.each(databaseKinds)('presses after the flow has ended on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await startWith(t, world, offer('tea', 'Tea'));
    await t.app.transact(async (tx) => {
      for (const document of [offer('coffee', 'Coffee'), offer('cake', 'Cake', 'sweet'), hours]) {
        await createFlow(t.app, tx, tenantOf(world), document);
        await publishFlow(t.app, tx, tenantOf(world), { slug: document.id }, '');
      }
    });
  });
  afterAll(() => t.close());

  test('it begins the flow there anew, in the flow that ran last', async () => {
    const person = await makePerson(t, world);
    expect(await person.says('hi')).toEqual(['Tea?\n1. More']);
    t.clock.advance(40 * 86_400_000);
    expect(await person.says('More', { payload: 'btn:a.offer:more' })).toEqual(['Tea costs 7, you said More.']);
    expect(await person.says('More', { payload: 'btn:a.offer:more' }), 'and again').toEqual(['Tea costs 7, you said More.']);
  });

  test('or in the only one that has it; what nobody has is read as words', async () => {
    const person = await makePerson(t, world);
    await person.says('hi');
    expect(await person.says('More', { payload: 'btn:a.sweet:more' })).toEqual(['Cake costs 7, you said More.']);
    expect(await person.says('More', { payload: 'btn:a.gone:more' })).toEqual(['By the word.']);
    expect(await person.says('More', { payload: 'btn:a.sweet:less' })).toEqual(['By the word.']);
    const stranger = await makePerson(t, world);
    await stranger.says('window');
    expect(await stranger.says('More', { payload: 'btn:a.offer:more' }), 'two have it, and neither ran here').toEqual(['By the word.']);
  });

  test('whoever has just written is within a day of having written', async () => {
    const person = await makePerson(t, world);
    expect(await person.says('window')).toEqual(['Open.']);
    t.clock.advance(3 * 86_400_000);
    expect(await person.says('window')).toEqual(['Open.']);
  });
});

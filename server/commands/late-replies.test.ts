// A question that was asked long ago: what a reply to it is, as the workspace says for each channel.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, session, type World } from '../testing/factories.ts';
import { makePerson, startWith } from '../testing/person.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';

const dayMs = 86_400_000;

const order = {
  format: 'flow/1',
  id: 'order',
  name: 'Order',
  vars: { size: { type: 'text' }, colour: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'a' }, help: { type: 'keyword', any: ['help'], interrupts: 'when_waiting', to: 'h' } },
  groups: {
    a: {
      blocks: [
        { id: 'hi', type: 'text', text: 'Hello!' },
        { id: 'q', type: 'ask', kind: 'text', text: 'Which size?', save: 'size', retry: { max: 1 } },
        {
          id: 'c',
          type: 'ask',
          kind: 'choice',
          text: 'Which colour?',
          save: 'colour',
          retry: { max: 1 },
          options: [
            { id: 'red', label: 'Red' },
            { id: 'blue', label: 'Blue' },
          ],
        },
        { id: 't', type: 'text', text: '{{ size }} in {{ colour }}.', to: { next: '@end' } },
      ],
    },
    h: { blocks: [{ id: 'help', type: 'text', text: 'Help is here.', to: { next: '@end' } }] },
  },
};

describe.each(databaseKinds)('late replies on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let headers: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await startWith(t, world, order);
  });
  beforeEach(async () => {
    headers = await session(t.app, world.account);
  });
  afterAll(() => t.close());

  async function settle(body: object) {
    const reply = await call(t, { method: 'PATCH', path: '/v1/settings', headers, body });
    expect(reply.status, reply.text).toBe(200);
    return reply.json as { channels: { [name: string]: object }; late_question: object };
  }
  const web = (late_reply: string, expires_after = '30d') => settle({ channels: { web: { late_reply, expires_after } } });

  async function waiting(channel = 'web') {
    const person = await makePerson(t, world, channel);
    expect(await person.says('hi')).toEqual(['Hello!', 'Which size?']);
    return person;
  }

  test('it is the answer, as long as nobody says otherwise', async () => {
    const person = await waiting();
    t.clock.advance(400 * dayMs);
    expect((await person.says('XL'))[0]).toMatch(/^Which colour\?/);
  });

  test('asked whether to go on: they are asked the question again, and what they had said is kept', async () => {
    await web('ask');
    const person = await waiting();
    expect((await person.says('XL'))[0]).toMatch(/^Which colour\?/);
    t.clock.advance(29 * dayMs);
    expect((await person.says('pink'))[0]).toMatch(/^Which colour\?/);
    t.clock.advance(31 * dayMs);
    const asked = 'Welcome back! Shall we go on where we stopped?\n1. Go on\n2. Start again';
    expect(await person.says('hello again')).toEqual([asked]);
    expect(await person.says('go on')).toEqual(['Which colour?\n1. Red\n2. Blue']);
    expect(await person.says('red')).toEqual(['XL in Red.']);
  });

  test('they may start again instead, or simply answer what was asked', async () => {
    await settle({ late_question: { text: 'Weiter?', go_on: 'Ja, weiter', start_again: 'Von vorne' } });
    const again = await waiting();
    const plain = await waiting();
    await again.says('XL');
    t.clock.advance(31 * dayMs);
    expect(await again.says('hm')).toEqual(['Weiter?\n1. Ja, weiter\n2. Von vorne']);
    expect(await again.says('Von vorne', { payload: 'late:start_again' })).toEqual(['Hello!', 'Which size?']);
    expect(await plain.says('hm')).toEqual(['Weiter?\n1. Ja, weiter\n2. Von vorne']);
    expect((await plain.says('M'))[0]).toMatch(/^Which colour\?/);
    expect((await plain.session())?.vars).toMatchObject({ size: 'M' });
  });

  test('a press of what was asked, a global command and a trigger that may interrupt are plain enough', async () => {
    const pressing = await waiting();
    await pressing.says('XL');
    const commanding = await waiting();
    const helped = await waiting();
    t.clock.advance(31 * dayMs);
    expect(await pressing.says('Blue', { payload: 'opt:a.c:blue' })).toEqual(['XL in Blue.']);
    expect(await commanding.says('restart')).toEqual(['Hello!', 'Which size?']);
    expect(await helped.says('help')).toEqual(['Help is here.']);
  });

  test('started again at once where the channel says so, by its own time, and other channels by theirs', async () => {
    await settle({ channels: { web: { late_reply: 'restart', expires_after: '2h' }, whatsapp_cloud: { late_reply: 'restart' } } });
    const [onWeb, onWhatsApp, onTelegram] = [await waiting(), await waiting('whatsapp_cloud'), await waiting('telegram')];
    t.clock.advance(3 * 3_600_000);
    expect(await onWeb.says('XL')).toEqual(['Hello!', 'Which size?']);
    expect((await onWhatsApp.says('XL'))[0]).toMatch(/^Which colour\?/);
    t.clock.advance(25 * 3_600_000);
    expect(await onWhatsApp.says('Red')).toEqual(['Hello!', 'Which size?']);
    expect((await onTelegram.says('XL'))[0]).toMatch(/^Which colour\?/);
  });

  test('what is set is shown with the usual filled in, null takes it back, and nonsense is refused', async () => {
    const set = await settle({ channels: { web: null, whatsapp_cloud: { late_reply: 'ask' } } });
    expect(set.channels).toEqual({
      web: { expires_after: '30d', late_reply: 'resume', quiet_time: null },
      whatsapp_cloud: { expires_after: '24h', late_reply: 'ask', quiet_time: null },
    });
    const one = await settle({ channels: { whatsapp_cloud: { expires_after: '12h' } } });
    expect(one.channels.whatsapp_cloud).toEqual({ expires_after: '12h', late_reply: 'ask', quiet_time: null });
    const wrong = [
      { web: { late_reply: 'maybe' } },
      { web: { expires_after: '5s' } },
      { web: { expires_after: 'soon' } },
      { 'Web Site': {} },
      { web: { quiet_time: '11s' } },
    ];
    for (const channels of wrong) expect((await call(t, { method: 'PATCH', path: '/v1/settings', headers, body: { channels } })).status).toBe(422);
    expect((await call(t, { method: 'PATCH', path: '/v1/settings', headers, body: { late_question: { text: 'x' } } })).status).toBe(422);
  });
});

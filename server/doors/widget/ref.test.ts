// What leads visitors here: a link, a code, an ad whose address says `?ref=`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const says = (id: string, text: string) => ({ blocks: [{ id, type: 'text', text, to: { next: '@end' } }] });

const flows = [
  { format: 'flow/1', id: 'usual', name: 'Usual', triggers: { go: { type: 'start', to: 'a' } }, groups: { a: says('u', 'Welcome.') } },
  {
    format: 'flow/1',
    id: 'led',
    name: 'Led',
    triggers: {
      summer: { type: 'ref', ref: 'summer', priority: 1, to: 'a' },
      shop: { type: 'ref', when: { l: 'param.trigger.name', op: 'starts', r: 'shop-' }, to: 'b' },
      order: { type: 'keyword', any: ['order'], to: 'c' },
    },
    groups: {
      a: says('s', 'Summer sale, {{ param.trigger.name }}! You said: {{ msg.text }}.'),
      b: says('sh', 'From {{ param.trigger.data.referrer }}.'),
      c: says('o', 'An order.'),
    },
  },
];

describe.each(databaseKinds)('what leads a visitor here, on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let visitors = 0;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    for (const document of flows)
      expect((await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } })).status).toBe(201);
    const site = `/v1/sites/${world.site.id}`;
    expect((await call(t, { method: 'PATCH', path: site, key: world.key, body: { flow: 'usual' } })).status).toBe(200);
  });
  afterAll(() => t.close());

  async function open(more: object): Promise<string[]> {
    visitors += 1;
    t.clock.advance(60_000);
    const headers = { 'x-api-key': world.site.site_key, accept: 'application/vnd.chat.v2+json' };
    const body = { visitor_token: `led-here-${visitors}`, client_id: 'x', name: 'A', email: 'a@example.com', ...more };
    const reply = await call(t, { method: 'POST', path: '/api/v1/chat/conversations', headers, body });
    expect(reply.status, reply.text).toBe(201);
    return (reply.json as { data: { direction: string; body: string }[] }).data.map((one) => `${one.direction}: ${one.body}`);
  }

  test('the address of the page, or the call itself, sets off the flow that waits for it', async () => {
    expect(await open({ context: { url: 'https://shop.example/?a=1&ref=Summer' } })).toEqual(['outbound: Summer sale, Summer! You said: .']);
    expect(await open({ context: { ref: 'summer', url: 'https://shop.example/?ref=winter' }, message: 'Hi' })).toEqual([
      'inbound: Hi',
      'outbound: Summer sale, summer! You said: Hi.',
    ]);
    const referrer = 'https://search.example/';
    expect(await open({ context: { url: 'https://shop.example/?ref=shop-7', referrer } })).toEqual([expect.stringContaining('search.example')]);
  });

  test('what nothing waits for changes nothing: the flow begins, or what is said is answered', async () => {
    expect(await open({ context: { url: 'https://shop.example/?ref=winter' } })).toEqual(['outbound: Welcome.']);
    expect(await open({ context: { ref: 'winter' }, message: 'my order' })).toEqual(['inbound: my order', 'outbound: An order.']);
    expect(await open({ context: { url: 'no address ?ref=summer' } })).toEqual(['outbound: Welcome.']);
    expect(await open({ context: { ref: ' ' } })).toEqual(['outbound: Welcome.']);
  });

  test('a flow that the page names goes before it', async () => {
    expect(await open({ context: { ref: 'summer' }, flow: 'usual' })).toEqual(['outbound: Welcome.']);
  });
});

// What sets off a flow in the real product, and what it knows of the person and the business when it does.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Tenant } from '../auth.ts';
import { insertConversation } from '../store/conversations.ts';
import { changeLabels, insertLabel } from '../store/labels.ts';
import { writeTurnSetting } from '../store/settings.ts';
import { insertSubscriber, updateSubscriber } from '../store/subscribers.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld } from '../testing/factories.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { chooseStart, createFlow, publishFlow } from './flows.ts';
import { receiveReply } from './receive-reply.ts';

const says = (id: string, text: string) => ({ blocks: [{ id, type: 'text', text, to: { next: '@end' } }] });

const promo = {
  format: 'flow/1',
  id: 'promo',
  name: 'Promo',
  triggers: {
    word: { type: 'keyword', any: ['promo'], cooldown: '1h', to: 'a' },
    other: { type: 'keyword', any: ['other'], to: 'b' },
    rare: { type: 'fallback', cooldown: '1d', priority: 5, to: 'c' },
    shop: { type: 'fallback', channels: ['whatsapp'], priority: 9, to: 'd' },
    labelled: { type: 'fallback', when: { l: 'subscriber.labels', op: 'has', r: 'gold' }, priority: 7, to: 'e' },
    usual: { type: 'fallback', to: 'f' },
    open: { type: 'keyword', any: ['open'], to: 'g' },
  },
  groups: {
    a: says('a1', 'Ten percent off.'),
    b: says('b1', 'Something else.'),
    c: says('c1', 'Ask me anything.'),
    d: says('d1', 'Only on WhatsApp.'),
    e: says('e1', 'Hello, gold.'),
    f: says('f1', 'Pardon?'),
    g: { blocks: [{ id: 'h', type: 'hours', to: { open: 'g.yes', closed: 'g.no' } }, says('yes', 'Open.').blocks[0], says('no', 'Closed.').blocks[0]] },
  },
};

describe.each(databaseKinds)('triggers on %s', (kind) => {
  let t: TestApp;
  let tenant: Tenant;
  let people = 0;
  beforeAll(async () => {
    t = await testApp(kind);
    const world = await makeWorld(t.app);
    tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' };
    await t.app.transact(async (tx) => {
      await createFlow(t.app, tx, tenant, promo);
      await publishFlow(t.app, tx, tenant, { slug: 'promo' }, '');
      // The sample flow would answer whoever writes first.
      await chooseStart(t.app, tx, tenant, 'default', null);
      await insertLabel(tx, tenant.workspaceId, 'Gold', t.clock.now());
    });
  });
  beforeEach(() => t.clock.advance(86_400_000));
  afterAll(() => t.close());

  type Person = { id: number; says: (text: string) => Promise<string[]> };

  async function newPerson(): Promise<Person> {
    people += 1;
    const [id, conversationId] = await t.app.transact(async (tx) => {
      const one = await insertSubscriber(tx, tenant.botId, { channel: 'web', user_id: `v${people}` }, t.clock.now());
      const place = {
        workspace_id: tenant.workspaceId,
        bot_id: tenant.botId,
        subscriber_id: one?.id ?? 0,
        channel: 'web',
        site_id: null,
        visitor: null,
        public_id: null,
      };
      return [one?.id ?? 0, (await insertConversation(tx, place, t.clock.now()))?.id ?? 0];
    });
    return {
      id,
      says: async (text) => {
        const step = await t.app.transact((tx) => receiveReply(t.app, tx, { botId: tenant.botId, conversationId, reply: { text } }));
        return step.messages.filter((one) => one.direction === 'out').map((one) => one.text);
      },
    };
  }

  /** Past what answers only once a day. */
  async function oldPerson(): Promise<Person> {
    const one = await newPerson();
    await one.says('first of all');
    return one;
  }

  test('a trigger rests for its cooldown, for who set it off and for nobody else', async () => {
    const [one, two] = [await oldPerson(), await oldPerson()];
    expect(await one.says('promo')).toEqual(['Ten percent off.']);
    expect(await one.says('promo')).toEqual(['Pardon?']);
    expect(await two.says('promo')).toEqual(['Ten percent off.']);
    expect(await one.says('other')).toEqual(['Something else.']);
    expect(await one.says('other')).toEqual(['Something else.']);
    t.clock.advance(3_599_000);
    expect(await one.says('promo')).toEqual(['Pardon?']);
    t.clock.advance(1_000);
    expect(await one.says('promo')).toEqual(['Ten percent off.']);
  });

  test('a fallback too has priority, channels, a condition and a cooldown', async () => {
    const one = await newPerson();
    expect(await one.says('hm')).toEqual(['Ask me anything.']);
    expect(await one.says('hm')).toEqual(['Pardon?']);
    await t.app.transact((tx) => changeLabels(tx, tenant.workspaceId, one.id, { add: ['gold'], remove: [] }));
    expect(await one.says('hm')).toEqual(['Hello, gold.']);
    await t.app.transact((tx) => changeLabels(tx, tenant.workspaceId, one.id, { add: [], remove: ['gold'] }));
    expect(await one.says('hm')).toEqual(['Pardon?']);
  });

  test('business hours are those of the business, wherever the person is and whatever is said of their zone', async () => {
    const one = await oldPerson();
    expect(await one.says('open')).toEqual(['Open.']);
    await t.app.transact(async (tx) => {
      const all = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((day) => [day, [[9 * 60, 17 * 60]] as [number, number][]]));
      await writeTurnSetting(tx, tenant.workspaceId, 'hours', all);
      await writeTurnSetting(tx, tenant.workspaceId, 'regional', { timezone: 'Europe/Berlin' });
    });
    const at = async (text: string): Promise<string | undefined> => {
      t.clock.set(Date.parse(text));
      return (await one.says('open'))[0];
    };
    for (const zone of [null, 'America/New_York', 'Mars/Olympus']) {
      await t.app.transact((tx) => updateSubscriber(tx, tenant.botId, one.id, { time_zone: zone }, t.clock.now()));
      expect([await at('2027-01-14T07:59:00Z'), await at('2027-01-14T08:00:00Z')]).toEqual(['Closed.', 'Open.']);
      expect([await at('2027-07-15T06:59:00Z'), await at('2027-07-15T07:00:00Z'), await at('2027-07-15T15:00:00Z')]).toEqual(['Closed.', 'Open.', 'Closed.']);
    }
  });
});

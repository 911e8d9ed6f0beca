// Workers as they run on their own, on each node: what nobody waits for rings at its time, and once.
import { expect, test } from 'vitest';
import { createFlow, publishFlow } from '../commands/flows.ts';
import { insertConversation } from '../store/conversations.ts';
import { listMessages } from '../store/messages.ts';
import { insertSubscriber } from '../store/subscribers.ts';
import { databaseKinds, makeDatabase } from '../testing/databases.ts';
import { makeWorld } from '../testing/factories.ts';
import { testApp } from '../testing/test-app.ts';
import { startWorker } from './worker.ts';

const greeting = {
  format: 'flow/1',
  id: 'greeting',
  name: 'Greeting',
  triggers: { time: { type: 'schedule', cron: '0 11 * * *', to: 'a' } },
  groups: { a: { blocks: [{ id: 't', type: 'text', text: 'It is eleven.', to: { next: '@end' } }] } },
};

test.each(databaseKinds)('two workers that share a database ring a schedule once, on %s', async (kind) => {
  const database = await makeDatabase(kind);
  const [one, two] = [await testApp({ ...database, close: async () => {} }), await testApp(database)];
  const world = await makeWorld(one.app);
  const tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' as const };
  const conversation = await one.app.transact(async (tx) => {
    await createFlow(one.app, tx, tenant, greeting);
    await publishFlow(one.app, tx, tenant, { slug: 'greeting' }, '');
    const person = await insertSubscriber(tx, tenant.botId, { channel: 'web', user_id: 'v' }, one.clock.now());
    const place = { workspace_id: tenant.workspaceId, bot_id: tenant.botId, channel: 'web', site_id: null, visitor: null, public_id: null };
    return insertConversation(tx, { ...place, subscriber_id: person?.id ?? 0 }, one.clock.now());
  });
  const told = async () => (await listMessages(one.app.db, conversation?.id ?? 0, { limit: 10, notes: 'with' })).map(({ text }) => text);
  const idle = async () => (await one.app.db.selectFrom('job').select('id').execute()).length;
  const stops = [await startWorker(one.app), await startWorker(two.app)];
  two.clock.advance(30 * 60_000);
  await one.pass(30 * 60_000);
  await expect.poll(told, { timeout: 15_000 }).toEqual(['It is eleven.']);
  await expect.poll(idle, { timeout: 15_000 }).toBe(0);
  await Promise.all(stops.map((stop) => stop()));
  expect(await told()).toEqual(['It is eleven.']);
  await one.close();
  await two.close();
});

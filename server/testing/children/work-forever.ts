// A child for queue.process.test.ts, to be killed. `open`: makes the queue of a database anew, over and over, so that a kill
// at any moment lands in the making. `hang`: asks for a job, begins it and never ends it.
import { sql } from 'kysely';
import { readConfig } from '../../config.ts';
import { openApp, withQueue } from '../../main.ts';

const [, , act = '', dataDir = '', databaseUrl = ''] = process.argv;

const { config } = readConfig({ DATA_DIR: dataDir, ...(databaseUrl === '' ? {} : { DATABASE_URL: databaseUrl }) });
const { app } = await openApp(config, { write: () => {}, fatal: () => {} });

while (act === 'open') {
  await app.transact((tx) => sql`drop schema if exists pgboss cascade`.execute(tx));
  process.stdout.write('opening\n');
  const { queue } = withQueue(app);
  await queue.open();
  await queue.close();
}

await app.transact((tx) => app.queue.enqueue(tx, { kind: 'test', workspace_id: 1, key: 'left', payload: '{}', lane: null }));
await app.queue.work({
  run: async ({ key }) => {
    process.stdout.write(`began ${key}\n`);
    await new Promise(() => {});
  },
  mayRunAgain: () => true,
  giveUp: async () => {},
});

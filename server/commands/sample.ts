// What a fresh workspace has to show: a flow that talks, as what its bot starts with, and three people who never were.
import welcome from '../../examples/welcome.flow.json' with { type: 'json' };
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import type { Db } from '../store/database.ts';
import { chooseStart, createFlow, publishFlow } from './flows.ts';
import { createSubscriber } from './subscribers.ts';

const people = [
  { first_name: 'Amina', last_name: 'Diallo', email: 'amina@example.com', language: 'fr' },
  { first_name: 'Jonas', last_name: 'Lindqvist', email: 'jonas@example.com', language: 'sv' },
  { first_name: 'Mei', last_name: 'Tanaka', email: 'mei@example.com', language: 'en' },
];

/** It has no trigger but its start, and is no website's choice: whatever the owner makes next goes before it. */
export async function addSample(app: App, tx: Db, tenant: Tenant): Promise<void> {
  const { row } = await createFlow(app, tx, tenant, welcome);
  await publishFlow(app, tx, tenant, { id: row.id }, '');
  await chooseStart(app, tx, tenant, 'default', { id: row.id });
  for (const person of people) await createSubscriber(app, tx, tenant, person);
}

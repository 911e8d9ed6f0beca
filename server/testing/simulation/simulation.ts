// A seeded life of the real product: conversations on one channel, events of a provider that come twice, late or at the
// same moment, crashes at any query and after the commit, timers, calls outside. What must have come of it is known from
// a model of a few lines; every difference is a violation, in words. Bugs are planted through `Bug`.

import { randomOf } from '@parley/engine/session.ts';
import type { App } from '../../app.ts';
import type { Tenant } from '../../auth.ts';
import { chooseStart, createFlow, publishFlow } from '../../commands/flows.ts';
import { type Received, receiveEvent } from '../../commands/receive-reply.ts';
import { eventsOf } from '../../commands/save-step.ts';
import { workOnce } from '../../jobs/worker.ts';
import { insertConversation } from '../../store/conversations.ts';
import { listMessages } from '../../store/messages.ts';
import { stepsAfter } from '../../store/sessions.ts';
import { insertSubscriber } from '../../store/subscribers.ts';
import { makeWorld } from '../factories.ts';
import type { TestApp } from '../test-app.ts';
import { crashing } from './watched.ts';

export const chatty = {
  format: 'flow/1',
  id: 'chatty',
  name: 'Chatty',
  vars: { said: { type: 'text' }, n: { type: 'number', default: 0 } },
  triggers: { go: { type: 'start', to: 'ask' } },
  groups: {
    ask: {
      blocks: [
        { id: 'q', type: 'ask', kind: 'text', text: 'What else?', save: 'said', retry: { max: 1 }, timeout: '1h', to: { invalid: '@end', timeout: 'late' } },
        { id: 'count', type: 'set', set: [{ var: 'n', value: '{{ n + 1 }}' }] },
        { id: 'who', type: 'subscriber', fields: { first_name: '{{ said }}' } },
        { id: 'echo', type: 'text', text: 'You said {{ said }}, number {{ n }}.' },
        { id: 'which', type: 'if', cases: [{ id: 'call', when: { l: 'said', op: 'starts', r: 'call' } }], to: { 'case:call': 'call', else: 'ask' } },
      ],
    },
    call: {
      blocks: [
        { id: 'api', type: 'api', request: { url: 'https://shop.example/' }, to: { '2xx': 'call.told', others: 'call.told' } },
        { id: 'told', type: 'text', text: 'Called as {{ subscriber.first_name }}: {{ last.kind }}.', to: { next: 'ask' } },
      ],
    },
    late: { blocks: [{ id: 'there', type: 'text', text: 'Still there?', to: { next: '@end' } }] },
  },
};

/** What a wrong product would do instead. */
export type Bug = {
  name: string;
  /** The app it runs on; `crash` may have been planted in it already. */
  app?: (app: App) => App;
  receive?: (app: App, event: { source: string; event: string }, one: Received) => Promise<unknown>;
};

const receive: NonNullable<Bug['receive']> = (app, event, one) => app.transact((tx) => receiveEvent(app, tx, event, one));

const acts = 25;
const conversations = 3;
const anHour = 3_600_000;

type Said = { event: string; text: string };
type Talk = { id: number; processed: Said[]; unanswered: Said | null };

export async function makeSimulation(t: TestApp): Promise<(seed: number, bug?: Bug) => Promise<string[]>> {
  const world = await makeWorld(t.app);
  const tenant: Tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' };
  await t.app.transact(async (tx) => {
    await createFlow(t.app, tx, tenant, chatty);
    await publishFlow(t.app, tx, tenant, { slug: chatty.id }, '');
    await chooseStart(t.app, tx, tenant, 'default', { slug: chatty.id });
  });
  let lives = 0;
  return async (seed, bug = { name: 'none' }) => {
    lives += 1;
    return new Life(t, tenant, `life-${lives}`, seed, bug).run();
  };
}

class Life {
  readonly #t: TestApp;
  readonly #tenant: Tenant;
  readonly #source: string;
  readonly #bug: Bug;
  readonly #dice: () => number;
  readonly #talks: Talk[] = [];
  readonly #found: string[] = [];
  readonly #checks: Promise<void>[] = [];
  #events = 0;

  constructor(t: TestApp, tenant: Tenant, source: string, seed: number, bug: Bug) {
    this.#t = t;
    this.#tenant = tenant;
    this.#source = source;
    this.#bug = bug;
    this.#dice = randomOf(seed, 1);
  }

  async run(): Promise<string[]> {
    const stop = this.#t.app.live.listen('everything', (one) => {
      if (one?.conversationId != null) this.#checks.push(this.#isTrue(one.conversationId, one.seq));
    });
    for (let made = 0; made < conversations; made += 1) this.#talks.push(await this.#begin(made));
    for (let act = 0; act < acts; act += 1) await this.#act(this.#talks[this.#below(conversations)] as Talk);
    for (const talk of this.#talks) if (talk.unanswered) await this.#deliver(talk, talk.unanswered);
    this.#t.clock.advance(anHour);
    for (let round = 0; round < 3; round += 1) await this.#work();
    stop();
    await Promise.all(this.#checks);
    for (const talk of this.#talks) await this.#compare(talk);
    return this.#found;
  }

  #below(most: number): number {
    return Math.floor(this.#dice() * most);
  }

  #app(app = this.#t.app): App {
    return this.#bug.app?.(app) ?? app;
  }

  async #begin(number: number): Promise<Talk> {
    const { app, clock } = this.#t;
    const { botId, workspaceId } = this.#tenant;
    return app.transact(async (tx) => {
      const one = await insertSubscriber(tx, botId, { channel: 'telegram', user_id: `${this.#source}-${number}` }, clock.now());
      const place = { workspace_id: workspaceId, bot_id: botId, channel: 'telegram', site_id: null, visitor: null, public_id: null };
      const made = one && (await insertConversation(tx, { ...place, subscriber_id: one.id }, clock.now()));
      if (!made) throw new Error('no conversation');
      return { id: made.id, processed: [], unanswered: null };
    });
  }

  async #act(talk: Talk): Promise<void> {
    this.#t.clock.advance(1_000);
    const again = talk.processed[this.#below(talk.processed.length)];
    if (talk.unanswered === null && again && this.#dice() < 0.3) return this.#deliver(talk, again);
    if (talk.unanswered === null) {
      this.#events += 1;
      const text = this.#dice() < 0.3 ? `call ${this.#events}` : `m${this.#events}`;
      talk.unanswered = { event: `e${this.#events}`, text };
    }
    const chance = this.#dice();
    if (chance < 0.3) return this.#deliver(talk, talk.unanswered, { dieAt: 1 + this.#below(14) });
    if (chance < 0.5) return this.#deliver(talk, talk.unanswered, { times: 3 });
    return this.#deliver(talk, talk.unanswered);
  }

  /** As a provider does it: the same again until it was answered; sometimes several times at once. */
  async #deliver(talk: Talk, said: Said, { dieAt = null, times = 1 }: { dieAt?: number | null; times?: number } = {}): Promise<void> {
    const app = this.#app(dieAt === null ? this.#t.app : crashing(this.#t.app, dieAt).app);
    const one = { botId: this.#tenant.botId, conversationId: talk.id, reply: { text: said.text } };
    const send = () => (this.#bug.receive ?? receive)(app, { source: this.#source, event: said.event }, one);
    const outcomes = await Promise.allSettled(Array.from({ length: times }, send));
    const isAnswered = outcomes.some(({ status }) => status === 'fulfilled');
    if (!isAnswered && dieAt === null) this.#found.push(`${said.event} was refused`);
    if (isAnswered && !talk.processed.includes(said)) talk.processed.push(said);
    if (isAnswered && talk.unanswered === said) talk.unanswered = null;
    await this.#work();
  }

  async #work(): Promise<void> {
    const [worked] = await Promise.allSettled([workOnce(this.#app())]);
    if (worked.status === 'rejected') this.#found.push(`the worker failed: ${worked.reason}`);
  }

  /** Whoever hears of an event can read it. */
  async #isTrue(conversationId: number, seq: number): Promise<void> {
    // The store itself refuses a look from inside a transaction.
    const steps = await stepsAfter(this.#t.app.db, conversationId, seq - 1, 1).then(null, () => []);
    if (steps.length === 0) this.#found.push(`event ${seq} was told before it was there`);
  }

  async #compare({ id, processed, unanswered }: Talk): Promise<void> {
    const { db } = this.#t.app;
    if (unanswered) this.#found.push(`${unanswered.event} was never answered`);
    const texts = (await listMessages(db, id, { limit: 500, notes: 'with' })).map((one) => `${one.direction}: ${one.text}`);
    const expected = modelOf(processed);
    const at = expected.findIndex((line, index) => line !== texts[index]);
    if (at >= 0) this.#found.push(`line ${at} is "${texts[at]}" and should be "${expected[at]}"`);
    else if (texts.length > expected.length) this.#found.push(`there is more than there should be: "${texts[expected.length]}"`);
    const events = (await stepsAfter(db, id, 0, 500)).flatMap(eventsOf);
    if (events.some((one, index) => one.seq !== index + 1)) this.#found.push('the numbers of events have a gap');
  }
}

/** What the conversation must read like, given what was processed, in order. */
function modelOf(processed: readonly Said[]): string[] {
  const lines = processed.flatMap(({ text }, index) => {
    if (index === 0) return [`in: ${text}`, 'out: What else?'];
    const called = text.startsWith('call') ? [`out: Called as ${text}: blocked.`] : [];
    return [`in: ${text}`, `out: You said ${text}, number ${index}.`, ...called, 'out: What else?'];
  });
  return processed.length === 0 ? [] : [...lines, 'out: Still there?'];
}

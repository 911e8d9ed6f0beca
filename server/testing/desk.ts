// People on the website whom an agent in the inbox talks with, by the widget's API, and the flow that meets them.
import { expect } from 'vitest';
import type { Console } from './console.ts';
import { makeMember } from './factories.ts';

/** Asks for an order, then hands over; when people are done it says good bye. */
const orderHelp = {
  format: 'flow/1',
  id: 'order_help',
  name: 'Help with an order',
  vars: { order: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      title: 'Welcome',
      blocks: [
        { id: 'hi', type: 'text', text: 'Welcome to **Acme**. I can look up your order.' },
        {
          id: 'order',
          type: 'ask',
          kind: 'text',
          text: 'What is your order number?',
          save: 'order',
          retry: { max: 1 },
          to: { invalid: 'desk', next: 'desk' },
        },
      ],
    },
    desk: {
      title: 'People',
      blocks: [{ id: 'people', type: 'handoff', text: 'Thank you. A colleague takes care of {{ order }}.', to: { resolved: 'after' } }],
    },
    after: {
      title: 'Good bye',
      blocks: [
        { id: 'bye', type: 'text', text: 'Glad we could help. Have a good day!' },
        { id: 'end', type: 'end' },
      ],
    },
  },
};

export type Person = { name: string; say(text: string): Promise<void>; reads(): Promise<string[]> };

export type Desk = {
  agent: { email: string; password: string };
  /** Somebody begins a conversation on the website. */
  meet(name: string, message: string): Promise<Person>;
};

/** The flow is published and meets whoever writes on the site; one agent is there. */
export async function openDesk(c: Console): Promise<Desk> {
  const headers = { authorization: `Bearer ${c.world.key}`, 'content-type': 'application/json' };
  const made = await fetch(`${c.origin}/v1/flows`, { method: 'POST', headers, body: JSON.stringify({ document: orderHelp, publish: true }) });
  expect(made.status, await made.text()).toBe(201);
  const set = await fetch(`${c.origin}/v1/sites/${c.world.site.id}`, { method: 'PATCH', headers, body: JSON.stringify({ flow: 'order_help' }) });
  expect(set.status).toBe(200);
  const { account, password } = await makeMember(c.t.app, c.world, 'agent');
  return { agent: { email: account.email, password }, meet: (name, message) => meet(c, name, message) };
}

async function meet(c: Console, name: string, message: string): Promise<Person> {
  const headers = { 'x-api-key': c.world.site.site_key, 'content-type': 'application/json' };
  const token = `${name.toLowerCase().replaceAll(' ', '-')}-in-a-browser-of-their-own`;
  const at = `${c.origin}/api/v1/chat/conversations`;
  const send = async (path: string, body: object) => {
    const reply = await fetch(`${at}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(reply.status, await reply.text()).toBe(201);
  };
  await send('', { name, email: `${name.split(' ')[0]?.toLowerCase()}@example.com`, message, visitor_token: token });
  return {
    name,
    say: (text) => send(`/${token}/messages`, { message: text }),
    reads: async () => {
      const reply = await fetch(`${at}/${token}/messages`, { headers });
      return ((await reply.json()) as { body: string; direction: string }[]).filter((one) => one.direction === 'outbound').map((one) => one.body);
    },
  };
}

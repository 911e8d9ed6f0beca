// Where what a visitor does is put together: their words go to the outbox, and the page is told what happens.
import { attempt } from '../api.ts';
import type { Chat } from '../host.ts';
import type { Desk, Parts } from '../parts.ts';
import { backOff } from '../talk/connection.ts';
import { makeCount } from './desk/count.ts';
import { makeOutbox } from './desk/outbox.ts';
import { makeSending } from './desk/sending.ts';
import { makeSignals } from './desk/signals.ts';
import { makeWhereabouts } from './desk/whereabouts.ts';

const mostTries = 20;

export function makeDesk(parts: Parts): Desk {
  const { api, memory, talk, host, change } = parts;
  let methods: Promise<Chat | null> | null = null;
  const listeners: (() => void)[] = [];
  const count = makeCount();
  const signal = makeSignals(parts);
  const whereabouts = makeWhereabouts(parts);
  const outbox = makeOutbox({
    api,
    memory,
    onOpened(opened) {
      talk.opened(opened);
      host.emit('started', { conversation: opened.conversation_token });
      for (const message of opened.data) if (message.direction === 'inbound') host.emit('sent', message);
    },
    onSent(at, message) {
      if (at === memory.now.talk) talk.add([message]);
      host.emit('sent', message);
    },
    onFailed: ({ clientId, error }) => host.emit('failed', { client_id: clientId, error }),
    onChange: change,
  });
  outbox.flush();
  /** What was called without a network is done, in order, when there is one. */
  async function fetchMethods(): Promise<Chat | null> {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const there = await attempt(
        () => import('../methods.ts'),
        () => null,
      );
      if (there) return there.makeMethods(parts, desk);
      await new Promise((resolve) => setTimeout(resolve, backOff(tries)));
    }
    return null;
  }
  const desk: Desk = {
    ...outbox,
    ...makeSending(parts, outbox),
    look() {
      count(talk.unread());
      signal();
      whereabouts.tell();
      for (const listener of listeners) listener();
    },
    watch: (listener) => void listeners.push(listener),
    async call(name, ...args) {
      methods ??= fetchMethods();
      const there = await methods;
      if (!there) methods = null;
      return there?.[name]?.(...(args as never[]));
    },
    close() {
      outbox.close();
      whereabouts.close();
      count(0);
    },
  };
  return desk;
}

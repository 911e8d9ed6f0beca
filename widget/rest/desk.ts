// Where what a visitor does is put together: their words go to the outbox, and the page is told what happens.
import { attempt } from '../api.ts';
import type { Chat } from '../host.ts';
import type { Desk, Parts } from '../parts.ts';
import { makeCount } from './desk/count.ts';
import { makeOutbox } from './desk/outbox.ts';
import { makeSending } from './desk/sending.ts';
import { makeSignals } from './desk/signals.ts';
import { makeWhereabouts } from './desk/whereabouts.ts';

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
      methods ??= attempt(
        async () => (await import('../methods.ts')).makeMethods(parts, desk),
        () => null,
      );
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

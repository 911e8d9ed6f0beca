// Where what a visitor does is put together: their words go to the outbox, and the page says when nobody looks.
import type { Desk, Parts } from '../parts.ts';
import { makeAttention } from './desk/attention.ts';
import { makeOutbox } from './desk/outbox.ts';
import { makeSending } from './desk/sending.ts';

export function makeDesk({ api, memory, talk, host, state, change }: Parts): Desk {
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
  return { ...outbox, ...makeSending(memory, outbox, state), ...makeAttention() };
}

// What a visitor says becomes a message for the outbox; the first one opens the conversation.
import { type Remembered, randomToken } from '../../memory.ts';
import type { Desk, State } from '../../parts.ts';
import type { Opening } from '../../wire.ts';
import type { Outbox } from './outbox.ts';

export function makeSending(memory: Remembered, outbox: Outbox, state: State): Pick<Desk, 'send' | 'start' | 'answer'> {
  function opening(more: Partial<Opening>): Opening {
    const another = memory.now.token !== null;
    if (!another) memory.keep({ token: randomToken() });
    const { attributes, language, config } = state;
    return {
      ...{ visitor_token: '', client_id: '' },
      context: {
        ...{ url: location.href.slice(0, 2000), title: document.title.slice(0, 500), referrer: document.referrer.slice(0, 2000) },
        ...{ locale: language.locale, tz: Intl.DateTimeFormat().resolvedOptions().timeZone },
      },
      ...(config && { nonce: config.nonce }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...(another && { another }),
      ...more,
    };
  }

  return {
    send({ text, attachments = [], ...more }) {
      const words = text ? { message: text } : {};
      const isOpening = memory.now.outbox.some((one) => one.talk === null && one.opening && one.error === undefined);
      if (memory.now.talk === null && !isOpening) {
        outbox.add({ text, attachments, opening: opening({ ...words, ...(more.payload && { payload: more.payload }) }) });
        return;
      }
      const files = attachments.length > 0 ? { attachments: attachments.map((one) => one.id) } : {};
      outbox.add({ text, attachments, sending: { client_id: '', ...words, ...files, ...more } });
    },
    start: (flow) => outbox.add({ text: '', attachments: [], opening: opening({ flow }) }),
    answer: (message_id, values, text) => outbox.add({ text, attachments: [], form: { client_id: '', message_id, values } }),
  };
}

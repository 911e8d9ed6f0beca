// What a visitor says becomes a message for the outbox; the first one opens the conversation.
import { randomToken } from '../../memory.ts';
import type { Desk, Parts } from '../../parts.ts';
import type { Opening } from '../../wire.ts';
import type { Outbox } from './outbox.ts';

export function makeSending({ memory, state, host }: Parts, outbox: Outbox): Pick<Desk, 'send' | 'start' | 'answer' | 'trapped'> {
  let website = '';
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
      ...(website && { website }),
      ...more,
    };
  }

  return {
    trapped(honey) {
      website = honey;
    },
    send({ text, attachments = [], ...more }) {
      if (more.payload) host.emit('postback', { payload: more.payload, text });
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
    answer(message_id, values, text) {
      host.emit('form', { message_id, values });
      outbox.add({ text, attachments: [], form: { client_id: '', message_id, values } });
    },
  };
}

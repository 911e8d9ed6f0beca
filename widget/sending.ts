// What a visitor says becomes a message for the outbox; the first one opens the conversation.
import { type Remembered, randomToken } from './memory.ts';
import type { Outbox } from './talk/outbox.ts';
import type { Sent } from './view/ui.ts';
import type { Config, Opening } from './wire.ts';

export type Values = NonNullable<Opening['attributes']>;

type Facts = {
  memory: Remembered;
  outbox: Outbox;
  config(): Config | null;
  locale(): string;
  attributes(): Values;
};

export type Sending = { send(sent: Sent): void; start(flow: string): void };

export function makeSending({ memory, outbox, config, locale, attributes }: Facts): Sending {
  function opening(more: Partial<Opening>): Opening {
    memory.begin();
    const another = memory.now.token !== null;
    if (!another) memory.keep({ token: randomToken() });
    const nonce = config()?.nonce;
    const known = attributes();
    return {
      ...{ visitor_token: '', client_id: '' },
      context: {
        ...{ url: location.href.slice(0, 2000), title: document.title.slice(0, 500), referrer: document.referrer.slice(0, 2000) },
        ...{ locale: locale(), tz: Intl.DateTimeFormat().resolvedOptions().timeZone },
      },
      ...(nonce && { nonce }),
      ...(Object.keys(known).length > 0 && { attributes: known }),
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
    start: (flow) => void outbox.add({ text: '', attachments: [], opening: opening({ flow }) }),
  };
}

// widget/wire.ts and shapes.ts are one language: what differs does not compile.
import { expect, test } from 'vitest';
import type { z } from 'zod';
import type * as wire from '../../../widget/wire.ts';
import type * as shapes from './shapes.ts';
import { streamRoutes } from './stream.ts';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Keys<A, B> = Same<keyof A, keyof B>;

/** What the server says is what the widget reads, and the other way round. */
const replies: [
  Same<z.output<typeof shapes.message>, wire.Message>,
  Same<z.output<typeof shapes.messages>, wire.Messages>,
  Same<z.output<typeof shapes.config>, wire.Config>,
  Same<z.output<typeof shapes.opened>, wire.Opened>,
  Same<z.output<typeof shapes.status>, wire.Status>,
  Same<z.output<typeof shapes.attachment>, wire.Uploaded>,
  Same<Required<z.output<typeof shapes.refusal>>, wire.Refusal>,
  Same<z.output<typeof shapes.conversations>, wire.Conversations>,
  Same<z.output<typeof shapes.identified>, wire.Identified>,
] = [true, true, true, true, true, true, true, true, true];

/** What the widget sends is what the server takes, and it knows no other key. */
const asks: [
  wire.Opening extends z.input<typeof shapes.opening> ? Keys<wire.Opening, z.input<typeof shapes.opening>> : false,
  wire.Sending extends z.input<typeof shapes.sending> ? Keys<wire.Sending, z.input<typeof shapes.sending>> : false,
  wire.FormAnswer extends z.input<typeof shapes.formAnswer> ? Keys<wire.FormAnswer, z.input<typeof shapes.formAnswer>> : false,
  wire.Identify extends z.input<typeof shapes.identify> ? Keys<wire.Identify, z.input<typeof shapes.identify>> : false,
] = [true, true, true, true];

/** Every event there is; `error` is the stream's own last word. */
const events: { [K in keyof wire.StreamEvents]: true } = {
  snapshot: true,
  message: true,
  'message.updated': true,
  status: true,
  typing: true,
  presence: true,
  read: true,
  'flow-step': true,
  'flow-end': true,
  reconnect: true,
  resync: true,
};

test('the document names every event of the stream', () => {
  const said = streamRoutes[0]?.docs.description ?? '';
  for (const name of Object.keys(events)) expect(said).toContain(`\`${name}\``);
});

test('the widget and the server speak of the same shapes', () => {
  expect([...replies, ...asks].every(Boolean)).toBe(true);
});

// THE LIST of blocks, one line each. The Block union is derived from it; to add a block is one folder and one line.
import type { z } from 'zod';
import type { AnyBlockDefinition, common } from './block.ts';
import { api } from './blocks/api/api.ts';
import { ask } from './blocks/ask/ask.ts';
import { call } from './blocks/call/call.ts';
import { cards } from './blocks/cards/cards.ts';
import { code } from './blocks/code/code.ts';
import { each } from './blocks/each/each.ts';
import { email } from './blocks/email/email.ts';
import { emit } from './blocks/emit/emit.ts';
import { end } from './blocks/end/end.ts';
import { form } from './blocks/form/form.ts';
import { goal } from './blocks/goal/goal.ts';
import { goto } from './blocks/goto/goto.ts';
import { handoff } from './blocks/handoff/handoff.ts';
import { hours } from './blocks/hours/hours.ts';
import { branch } from './blocks/if/if.ts';
import { location } from './blocks/location/location.ts';
import { log } from './blocks/log/log.ts';
import { media } from './blocks/media/media.ts';
import { note } from './blocks/note/note.ts';
import { giveBack } from './blocks/return/return.ts';
import { set } from './blocks/set/set.ts';
import { split } from './blocks/split/split.ts';
import { subscriber } from './blocks/subscriber/subscriber.ts';
import { approvedTemplate } from './blocks/template/template.ts';
import { text } from './blocks/text/text.ts';
import { typing } from './blocks/typing/typing.ts';
import { wait } from './blocks/wait/wait.ts';
import { waitWebhook } from './blocks/wait-webhook/wait-webhook.ts';
import { repeat } from './blocks/while/while.ts';

export const blocks = [
  text,
  media,
  cards,
  location,
  approvedTemplate,
  typing,
  ask,
  form,
  set,
  subscriber,
  branch,
  split,
  goto,
  call,
  giveBack,
  each,
  repeat,
  end,
  wait,
  hours,
  api,
  waitWebhook,
  code,
  email,
  emit,
  handoff,
  note,
  goal,
  log,
] as const;

type Defined = (typeof blocks)[number];
export type BlockType = Defined['type'];

type Written<D> = D extends { type: infer T; settings: infer S extends z.ZodRawShape } ? { type: T } & z.output<z.ZodObject<S & typeof common>> : never;

/** A block of any kind, as it stands in a document. */
export type Block = Written<Defined>;

export const blockTypes: BlockType[] = blocks.map((one) => one.type);

const byType = new Map<string, AnyBlockDefinition>(blocks.map((one) => [one.type, one as AnyBlockDefinition]));

export function definitionOf(block: { type: string }): AnyBlockDefinition {
  const found = byType.get(block.type);
  if (!found) throw new Error(`no block of type ${block.type}: the document was not checked`);
  return found;
}

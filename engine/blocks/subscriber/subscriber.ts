// Changes what is known of the subscriber: fields, tags, labels, consent.
import { z } from 'zod';
import { type BlockOf, defineBlock, json, type Next, slug, type Turn, template } from '../../block.ts';
import { textOf, type Value } from '../../expression/value.ts';

const names = z.array(template.min(1)).max(20);
const channels = z.array(z.enum(['email', 'sms'])).max(2);

const settings = {
  fields: z.record(slug, json).optional(),
  add_tags: names.optional(),
  remove_tags: names.optional(),
  add_labels: names.optional(),
  remove_labels: names.optional(),
  opt_in: channels.optional(),
  opt_out: channels.optional(),
  subscribe: z.boolean().optional(),
};

export const subscriber = defineBlock({
  type: 'subscriber',
  family: 'data',
  label: 'Subscriber',
  summary: 'Changes fields, tags, labels and consent of the person.',
  settings,
  // A field, a tag or a label of this block is not there; what is there has been changed.
  ports: () => [{ name: 'not_found', label: 'Not found' }],
  writes: (block) => Object.keys(block.fields ?? {}).map((name) => `subscriber.${name}`),
  // Which marks there are is asked before anything changes: what the block says is computed from what was.
  run: (block, turn) => {
    const { tags, labels } = marksOf(block, turn);
    const named = { tags: [...tags.add, ...tags.remove], labels: [...labels.add, ...labels.remove] };
    return named.tags.length + named.labels.length > 0 ? turn.ask({ ask: 'unknown_marks', ...named }) : change(block, turn, {});
  },
  wake: (block, turn, wake) => change(block, turn, wake.kind === 'answer' ? wake.values : {}),
});

type SubscriberBlock = BlockOf<typeof settings>;
type Marks = { add: string[]; remove: string[] };

function marksOf(block: SubscriberBlock, turn: Turn): { tags: Marks; labels: Marks } {
  const texts = (list: string[] | undefined): string[] => (list ?? []).map((one) => turn.text(one).trim()).filter((one) => one !== '');
  return {
    tags: { add: texts(block.add_tags), remove: texts(block.remove_tags) },
    labels: { add: texts(block.add_labels), remove: texts(block.remove_labels) },
  };
}

/** `unknown`: the marks that are not there, by kind. */
function change(block: SubscriberBlock, turn: Turn, unknown: { [kind: string]: Value }): Next {
  const marks = marksOf(block, turn);
  const missing = Object.keys(block.fields ?? {}).flatMap((name) => (turn.knowsField('subscriber', name) ? [] : [`the field ${name}`]));
  for (const [name, value] of Object.entries(block.fields ?? {})) turn.set(`subscriber.${name}`, value === null ? null : turn.value(value));
  for (const [kind, word] of [
    ['tags', 'tag'],
    ['labels', 'label'],
  ] as const) {
    const gone = Array.isArray(unknown[kind]) ? unknown[kind] : [];
    const add = marks[kind].add.filter((one) => !gone.includes(one));
    const remove = marks[kind].remove.filter((one) => !gone.includes(one));
    if (add.length + remove.length > 0) turn.change({ do: kind, add, remove });
    for (const name of gone) {
      missing.push(`the ${word} ${textOf(name)}`);
      turn.log('warn', `Nothing was changed: there is no ${word} ${textOf(name)}.`);
    }
  }
  if (block.opt_in || block.opt_out) turn.change({ do: 'consent', opt_in: block.opt_in ?? [], opt_out: block.opt_out ?? [] });
  if (block.subscribe !== undefined) turn.change({ do: 'subscribe', on: block.subscribe });
  return missing.length === 0 ? { go: 'next' } : { go: 'not_found', reason: `not there: ${missing.join(', ')}` };
}

// Changes what is known of the subscriber: fields, tags, labels, consent.
import { z } from 'zod';
import { defineBlock, json, slug, template } from '../../block.ts';

const names = z.array(template.min(1)).max(20);
const channels = z.array(z.enum(['email', 'sms'])).max(2);

export const subscriber = defineBlock({
  type: 'subscriber',
  family: 'data',
  label: 'Subscriber',
  summary: 'Changes fields, tags, labels and consent of the person.',
  settings: {
    fields: z.record(slug, json).optional(),
    add_tags: names.optional(),
    remove_tags: names.optional(),
    add_labels: names.optional(),
    remove_labels: names.optional(),
    opt_in: channels.optional(),
    opt_out: channels.optional(),
    subscribe: z.boolean().optional(),
  },
  ports: () => [{ name: 'not_found', label: 'Not found' }],
  writes: (block) => Object.keys(block.fields ?? {}).map((name) => `subscriber.${name}`),
  run: (block, turn) => {
    for (const [name, value] of Object.entries(block.fields ?? {})) turn.set(`subscriber.${name}`, value === null ? null : turn.value(value));
    const texts = (list: string[] | undefined): string[] => (list ?? []).map((one) => turn.text(one).trim()).filter((one) => one !== '');
    if (block.add_tags || block.remove_tags) turn.change({ do: 'tags', add: texts(block.add_tags), remove: texts(block.remove_tags) });
    if (block.add_labels || block.remove_labels) turn.change({ do: 'labels', add: texts(block.add_labels), remove: texts(block.remove_labels) });
    if (block.opt_in || block.opt_out) turn.change({ do: 'consent', opt_in: block.opt_in ?? [], opt_out: block.opt_out ?? [] });
    if (block.subscribe !== undefined) turn.change({ do: 'subscribe', on: block.subscribe });
    return { go: 'next' };
  },
});

// Tells other systems that something happened: webhooks and custom events.
import { z } from 'zod';
import { defineBlock, json } from '../../block.ts';

export const emit = defineBlock({
  type: 'emit',
  family: 'integrate',
  label: 'Event',
  summary: 'Sends an event to your webhooks and statistics.',
  settings: { event: z.string().min(1).max(100), data: json.optional() },
  ports: () => [],
  run: (block, turn) => {
    turn.change({ do: 'emit', event: block.event, data: block.data === undefined ? null : turn.value(block.data) });
    return { go: 'next' };
  },
});

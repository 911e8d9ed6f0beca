// Counts that something was reached.
import { z } from 'zod';
import { defineBlock, json } from '../../block.ts';

export const goal = defineBlock({
  type: 'goal',
  family: 'measure',
  label: 'Goal',
  summary: 'Counts a success, with a value if there is one.',
  settings: { name: z.string().min(1).max(100), value: json.optional() },
  ports: () => [],
  run: (block, turn) => {
    turn.change({ do: 'goal', name: block.name, value: block.value === undefined ? null : turn.value(block.value) });
    return { go: 'next' };
  },
});

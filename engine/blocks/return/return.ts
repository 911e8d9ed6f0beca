// Ends a sub-flow with values for whoever called it.
import { z } from 'zod';
import { defineBlock, json, slug } from '../../block.ts';
import type { Value } from '../../expression/value.ts';

export const giveBack = defineBlock({
  type: 'return',
  family: 'logic',
  label: 'Return',
  summary: 'Goes back to the flow that called this one.',
  settings: { values: z.record(slug, json).optional() },
  ports: () => [],
  leavesByItself: () => true,
  run: (block, turn) => {
    const values: { [name: string]: Value } = {};
    for (const [name, value] of Object.entries(block.values ?? {})) values[name] = turn.value(value);
    return { return: values };
  },
});

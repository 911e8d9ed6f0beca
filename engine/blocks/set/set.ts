// Sets variables, fields of the subscriber and fields of the bot.
import { z } from 'zod';
import { defineBlock, json, variable } from '../../block.ts';

export const set = defineBlock({
  type: 'set',
  family: 'data',
  label: 'Set',
  summary: 'Remembers values in variables or fields.',
  settings: {
    set: z
      .array(z.strictObject({ var: variable, value: json }))
      .min(1)
      .max(100),
  },
  ports: () => [],
  writes: (block) => block.set.map((one) => one.var),
  run: (block, turn) => {
    for (const one of block.set) turn.set(one.var, one.value === null ? null : turn.value(one.value));
    return { go: 'next' };
  },
});

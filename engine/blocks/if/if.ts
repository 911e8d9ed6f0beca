// Chooses the first case that holds.
import { z } from 'zod';
import { defineBlock, optionId } from '../../block.ts';
import { condition } from '../../condition.ts';

export const branch = defineBlock({
  type: 'if',
  family: 'logic',
  label: 'Condition',
  summary: 'Goes different ways, depending on what is known.',
  settings: {
    cases: z
      .array(z.strictObject({ id: optionId, when: condition, label: z.string().max(200).optional() }))
      .min(1)
      .max(50),
  },
  ports: (block) => [...block.cases.map((one) => ({ name: `case:${one.id}`, label: one.label ?? one.id })), { name: 'else', label: 'Otherwise' }],
  leavesByItself: (block) => [...block.cases.map((one) => `case:${one.id}`), 'else'].every((port) => block.to?.[port] !== undefined),
  run: (block, turn) => {
    const found = block.cases.find((one) => turn.holds(one.when));
    return { go: found ? `case:${found.id}` : 'else' };
  },
});

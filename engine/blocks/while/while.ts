// Runs its body as long as its test holds. The body ends with `@continue` or `@break`.
import { z } from 'zod';
import { defineBlock } from '../../block.ts';
import { condition } from '../../condition.ts';

export const repeat = defineBlock({
  type: 'while',
  family: 'logic',
  label: 'While',
  summary: 'Repeats something as long as a condition holds.',
  repeats: true,
  settings: { test: condition, max: z.int().min(1).max(1000).optional() },
  ports: () => [
    { name: 'do', label: 'Each time', falls: [] },
    { name: 'done', label: 'Afterwards' },
    { name: 'limit', label: 'Too many', falls: ['done', 'next'] },
  ],
  leavesByItself: (block) => block.to?.done !== undefined,
  check: (block) => (block.max === undefined ? [{ code: 'W07', message: 'This loop has no limit of its own; it stops after 1,000 rounds.', path: 'max' }] : []),
  run: (block, turn) => (turn.holds(block.test) ? { loop: { items: null, as: null, max: block.max ?? 1000 } } : { go: 'done' }),
});

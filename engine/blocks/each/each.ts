// Runs its body once for each item of a list. The body ends with `@continue` or `@break`.
import { z } from 'zod';
import { bare } from '../../block/mapping.ts';
import { defineBlock, slug } from '../../block.ts';

export const each = defineBlock({
  type: 'each',
  family: 'logic',
  label: 'For each',
  summary: 'Repeats something for every item of a list.',
  repeats: true,
  raw: ['in'],
  reads: (block) => [bare(block.in)],
  settings: { in: z.string().min(1).max(20_000), as: slug, max: z.int().min(1).max(1000).optional() },
  ports: () => [
    { name: 'do', label: 'Each time', falls: [] },
    { name: 'done', label: 'Afterwards' },
    { name: 'limit', label: 'Too many', falls: ['done', 'next'] },
  ],
  leavesByItself: (block) => block.to?.done !== undefined,
  writes: (block) => [block.as],
  run: (block, turn) => {
    const items = turn.evaluate(bare(block.in));
    return { loop: { items: Array.isArray(items) ? items : items === null ? [] : [items], as: block.as, max: block.max ?? 1000 } };
  },
});

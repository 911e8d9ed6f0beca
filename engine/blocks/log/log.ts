// Writes a line into the flow's log.
import { z } from 'zod';
import { defineBlock, template } from '../../block.ts';

export const log = defineBlock({
  type: 'log',
  family: 'measure',
  label: 'Log',
  summary: 'Writes a line for whoever looks after the flow.',
  settings: { level: z.enum(['info', 'warn', 'error']).optional(), text: template.min(1) },
  ports: () => [],
  run: (block, turn) => {
    turn.log(block.level ?? 'info', turn.text(block.text));
    return { go: 'next' };
  },
});

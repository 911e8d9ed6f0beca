// Sends a message template that a provider has approved (WhatsApp).
import { z } from 'zod';
import { defineBlock, json } from '../../block.ts';
import type { Value } from '../../expression/value.ts';

export const approvedTemplate = defineBlock({
  type: 'template',
  family: 'say',
  label: 'Message template',
  summary: 'Sends an approved template, also outside the 24-hour window.',
  settings: { name: z.string().min(1).max(512), language: z.string().min(2).max(15), params: z.record(z.string().max(60), json).optional() },
  ports: () => [],
  run: (block, turn) => {
    const params: { [name: string]: Value } = {};
    for (const [name, value] of Object.entries(block.params ?? {})) params[name] = turn.value(value);
    turn.say({ kind: 'template', name: block.name, language: block.language, params });
    return { go: 'next' };
  },
});

// Says a text: Markdown, one of several variants, with buttons.
import { z } from 'zod';
import { defineBlock, optionId, payloadOf, template } from '../../block.ts';
import type { Button } from '../../message.ts';

export const button = z.strictObject({ id: optionId, label: template.min(1), url: template.optional(), phone: template.optional() });

export const text = defineBlock({
  type: 'text',
  family: 'say',
  label: 'Text',
  summary: 'Sends a message, with buttons if you like.',
  settings: {
    text: template.optional(),
    variants: z.array(template.min(1)).min(1).max(20).optional(),
    buttons: z.array(button).max(20).optional(),
  },
  texts: ['text', 'variants', 'buttons'],
  ports: (block) => (block.buttons ?? []).filter((one) => !one.url && !one.phone).map((one) => ({ name: `btn:${one.id}`, label: one.label, falls: ['next'] })),
  check: (block) => (block.text || block.variants ? [] : [{ code: 'E04', message: 'A text block needs a text or variants.' }]),
  run: (block, turn) => {
    const choices = block.variants ?? [];
    const source = choices.length > 0 ? (choices[Math.floor(turn.around.random() * choices.length)] ?? '') : (block.text ?? '');
    const buttons: Button[] = (block.buttons ?? []).map((one) => ({
      id: one.id,
      label: turn.text(one.label),
      payload: payloadOf('btn', turn.at, one.id),
      ...(one.url === undefined ? {} : { url: turn.text(one.url) }),
      ...(one.phone === undefined ? {} : { phone: turn.text(one.phone) }),
    }));
    turn.say({ kind: 'text', text: turn.text(source, 'markdown'), ...(buttons.length > 0 ? { buttons } : {}) });
    return { go: 'next' };
  },
});

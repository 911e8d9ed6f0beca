// Divides people by weight. The same person always goes the same way, however often they come by.
import { z } from 'zod';
import { defineBlock, optionId } from '../../block.ts';
import { member, textOf } from '../../expression/value.ts';

export const split = defineBlock({
  type: 'split',
  family: 'logic',
  label: 'Split',
  summary: 'Sends a share of people each way, for tests.',
  settings: {
    ways: z
      .array(z.strictObject({ id: optionId, weight: z.number().min(0).max(1_000_000), label: z.string().max(200).optional() }))
      .min(1)
      .max(20),
  },
  ports: (block) => block.ways.map((one) => ({ name: `w:${one.id}`, label: `${one.label ?? one.id} (${one.weight})` })),
  leavesByItself: (block) => block.ways.every((one) => block.to?.[`w:${one.id}`] !== undefined),
  check: (block) =>
    block.ways.some((one) => one.weight > 0) ? [] : [{ code: 'E04', message: 'At least one way of a split needs a weight above 0.', path: 'ways' }],
  run: (block, turn) => {
    const total = block.ways.reduce((sum, one) => sum + one.weight, 0);
    const who = textOf(member(turn.scope.subscriber ?? null, 'id'));
    let left = turn.fractionOf(turn.session.cursor.flow, turn.at, who) * total;
    const chosen = block.ways.find((one) => {
      left -= one.weight;
      return left < 0;
    });
    return { go: `w:${(chosen ?? block.ways[0])?.id ?? ''}` };
  },
});

// Shows that the bot is writing.
import { defineBlock, duration } from '../../block.ts';

const usualMs = 1_500;

export const typing = defineBlock({
  type: 'typing',
  family: 'say',
  label: 'Typing',
  summary: 'Shows the typing dots for a moment.',
  settings: { for: duration.optional() },
  ports: () => [],
  run: (block, turn) => {
    const until = turn.deadline(block.for);
    turn.say({ kind: 'typing', forMs: until === null ? usualMs : until - turn.now });
    return { go: 'next' };
  },
});

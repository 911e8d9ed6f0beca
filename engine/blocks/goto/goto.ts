// Goes on somewhere else. A computed target chooses from a closed list, so that the linter still sees every way.
import { defineBlock } from '../../block.ts';

export const goto = defineBlock({
  type: 'goto',
  family: 'logic',
  label: 'Go to',
  summary: 'Jumps to another place of this flow.',
  jumps: true,
  settings: {},
  ports: () => [],
  leavesByItself: (block) => block.to?.next !== undefined,
  run: () => ({ go: 'next' }),
});

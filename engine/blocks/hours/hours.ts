// Asks whether the business is open.
import { defineBlock } from '../../block.ts';

export const hours = defineBlock({
  type: 'hours',
  family: 'time',
  label: 'Business hours',
  summary: 'Goes one way when open, another when closed.',
  knowsHours: true,
  settings: {},
  ports: () => [
    { name: 'open', label: 'Open' },
    { name: 'closed', label: 'Closed' },
  ],
  leavesByItself: (block) => block.to?.open !== undefined && block.to?.closed !== undefined,
  run: (_block, turn) => ({ go: turn.around.isOpen(turn.now) ? 'open' : 'closed' }),
});

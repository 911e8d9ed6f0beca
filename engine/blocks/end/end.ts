// Ends the session.
import { defineBlock } from '../../block.ts';

export const end = defineBlock({
  type: 'end',
  family: 'logic',
  label: 'End',
  summary: 'Ends the conversation with the bot.',
  settings: {},
  ports: () => [],
  leavesByItself: () => true,
  run: () => ({ end: true }),
});

// Leaves a note for colleagues; the visitor never sees it.
import { defineBlock, template } from '../../block.ts';

export const note = defineBlock({
  type: 'note',
  family: 'people',
  label: 'Note',
  summary: 'Writes an internal note into the conversation.',
  settings: { text: template.min(1) },
  ports: () => [],
  run: (block, turn) => {
    turn.change({ do: 'note', text: turn.text(block.text) });
    return { go: 'next' };
  },
});

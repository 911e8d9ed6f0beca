// Hands the conversation to people and waits until they are done.
import { z } from 'zod';
import { type BlockOf, defineBlock, duration, type Next, type Turn, template } from '../../block.ts';
import { textOf } from '../../expression/value.ts';

const settings = {
  to_group: z.string().max(100).optional(),
  to_agent: template.optional(),
  text: template.optional(),
  summary: template.optional(),
  timeout: duration.optional(),
};

export const handoff = defineBlock({
  type: 'handoff',
  family: 'people',
  label: 'Hand over',
  summary: 'Brings a person into the conversation.',
  rests: true,
  callsPeople: true,
  settings,
  texts: ['text'],
  ports: () => [
    { name: 'no_agent', label: 'Nobody there', falls: ['next'], optional: true },
    { name: 'timeout', label: 'No answer', falls: ['no_agent', 'next'], optional: true },
    { name: 'resolved', label: 'Done', falls: ['next'], optional: true },
  ],
  // A last block may simply hand over: the conversation then belongs to people.
  leavesByItself: () => true,
  check: (block) =>
    block.to_group === undefined
      ? []
      : [{ code: 'E05', message: 'There are no agent groups yet: hand over to an agent or to the open queue.', path: 'to_group' }],
  run: (block, turn) => {
    if (block.text !== undefined) turn.say({ kind: 'text', text: turn.text(block.text, 'markdown') });
    const agent = block.to_agent === undefined ? '' : turn.text(block.to_agent).trim();
    return handOver(block, turn, agent === '' ? null : agent);
  },
  wake: (block, turn, wake) => {
    if (wake.kind === 'answer') {
      const { reason } = wake.values;
      if (!wake.ok && reason === undefined) return { fail: 'the conversation could not be handed over' };
      if (!wake.ok) return { go: 'no_agent', reason: textOf(reason ?? null), or: () => handOver(block, turn, null) };
      return { wait: { kind: 'human', id: turn.waitId(), block: turn.at, expires_at: turn.deadline(block.timeout) } };
    }
    // Where nothing follows, people have done what there was to do.
    return { go: wake.kind === 'human' ? wake.outcome : 'no_agent', or: () => ({ end: true }) };
  },
});

/** To whoever is named; null = to the open queue, where somebody may always be found. */
function handOver(block: BlockOf<typeof settings>, turn: Turn, agent: string | null): Next {
  const until = turn.deadline(block.timeout);
  return turn.ask({
    ask: 'handoff',
    agent,
    group: block.to_group ?? null,
    text: block.text === undefined ? '' : turn.text(block.text),
    summary: turn.text(block.summary ?? ''),
    timeout_ms: until === null ? null : until - turn.now,
  });
}

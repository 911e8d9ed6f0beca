// Waits until someone calls a one-time address. Until then it stands in `last.webhook_url`, so that a message or a call
// before this block can carry it out.
import { z } from 'zod';
import { applyMap, bare, mapped } from '../../block/mapping.ts';
import { defineBlock, duration, variable } from '../../block.ts';

export const waitWebhook = defineBlock({
  type: 'wait_webhook',
  family: 'integrate',
  label: 'Wait for webhook',
  summary: 'Goes on when another system calls back.',
  rests: true,
  givesAddress: true,
  names: ['body'],
  reads: (block) => Object.values(block.map ?? {}).map(bare),
  settings: {
    save: variable.optional(),
    map: z.record(variable, mapped).optional(),
    timeout: duration.optional(),
    /** Only calls signed with the workspace's secret are heard. */
    signed: z.boolean().optional(),
  },
  ports: () => [{ name: 'timeout', label: 'No call' }],
  writes: (block) => [...(block.save ? [block.save] : []), ...Object.keys(block.map ?? {})],
  check: (block) =>
    block.timeout && block.to?.timeout
      ? []
      : [{ code: 'E01', message: 'A webhook may never come: give it a timeout and say what happens then.', path: 'timeout' }],
  run: (block, turn) => ({
    wait: {
      kind: 'webhook',
      id: turn.waitId(),
      block: turn.at,
      token: turn.takeToken(),
      expires_at: turn.deadline(block.timeout),
      ...(block.signed ? { signed: true as const } : {}),
    },
  }),
  wake: (block, turn, wake) => {
    if (wake.kind !== 'webhook') return { go: 'timeout' };
    if (block.save) turn.set(block.save, wake.data);
    applyMap(turn, block.map, { body: wake.data });
    return { go: 'next' };
  },
});

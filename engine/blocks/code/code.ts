// Runs a little JavaScript in the sandbox: no network, no files, a second of time.
import { z } from 'zod';
import { defineBlock, json, slug, variable } from '../../block.ts';
import type { Value } from '../../expression/value.ts';

const usualTimeoutMs = 1_000;

export const code = defineBlock({
  type: 'code',
  family: 'integrate',
  label: 'Code',
  summary: 'Computes something in a sandbox.',
  raw: ['code'],
  settings: {
    code: z.string().min(1).max(50_000),
    with: z.record(slug, json).optional(),
    save: variable.optional(),
    timeout_ms: z.int().min(10).max(10_000).optional(),
  },
  ports: () => [
    { name: 'error', label: 'Failed', falls: [], optional: true },
    { name: 'timeout', label: 'Too slow', falls: ['error'], optional: true },
  ],
  writes: (block) => (block.save ? [block.save] : []),
  run: (block, turn) => {
    const given: { [name: string]: Value } = {};
    for (const [name, value] of Object.entries(block.with ?? {})) given[name] = turn.value(value);
    return turn.ask({ ask: 'code', code: block.code, with: given, timeout_ms: block.timeout_ms ?? usualTimeoutMs });
  },
  wake: (block, turn, wake) => {
    if (wake.kind !== 'answer') return { go: 'timeout' };
    if (!wake.ok) {
      turn.setLast({ ...turn.session.last, error: wake.values.error ?? 'the code failed' });
      const { kind } = wake.values;
      return { go: kind === 'timeout' ? 'timeout' : 'error', reason: typeof kind === 'string' ? kind : 'error' };
    }
    if (block.save) turn.set(block.save, wake.values.result ?? null);
    return { go: 'next' };
  },
});

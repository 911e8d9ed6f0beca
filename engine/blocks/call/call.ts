// Runs another flow and comes back with what it returns.
import { z } from 'zod';
import { defineBlock, json, slug, variable } from '../../block.ts';
import { member, type Value } from '../../expression/value.ts';

export const call = defineBlock({
  type: 'call',
  family: 'logic',
  label: 'Sub-flow',
  summary: 'Runs another flow, then goes on here.',
  settings: { flow: slug, with: z.record(slug, json).optional(), save: z.record(variable, slug).optional() },
  ports: () => [],
  writes: (block) => Object.keys(block.save ?? {}),
  requires: (block) => ({ flows: [block.flow] }),
  run: (block, turn) => {
    const given: { [name: string]: Value } = {};
    for (const [name, value] of Object.entries(block.with ?? {})) given[name] = turn.value(value);
    return { call: { flow: block.flow, with: given } };
  },
  wake: (block, turn, wake) => {
    const returned = wake.kind === 'answer' ? wake.values : {};
    for (const [path, name] of Object.entries(block.save ?? {})) turn.set(path, member(returned, name));
    return { go: 'next' };
  },
});

// Where the ports of a block lead.
import type { z } from 'zod';
import type { dynamicTarget } from '../block.ts';
import { definitionOf } from '../blocks.ts';
import type { Placed } from '../flow.ts';

export type Target = string | z.output<typeof dynamicTarget>;

/** Where a port leads: its own connection, else along its fixed fall-backs, else onwards in the group. */
export function targetOf(placed: Placed, port: string): Target | null {
  const { to } = placed.block;
  const connected = (name: string): Target | null => to?.[name] ?? null;
  const own = connected(port);
  if (own !== null) return own;
  if (port === 'next') return placed.next;
  const falls = definitionOf(placed.block)
    .ports(placed.block as never)
    .find((one) => one.name === port)?.falls ?? ['next'];
  for (const name of falls) {
    const target = name === 'next' ? (connected('next') ?? placed.next) : connected(name);
    if (target !== null) return target;
  }
  return null;
}

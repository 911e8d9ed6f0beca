// Which block can follow which: the ways of a flow as the linter, the canvas and the outline see them.
import { definitionOf } from './blocks.ts';
import { blockAt, type Flow, indexOf, type Placed } from './flow.ts';

/** `isSkip`: taken when its own condition does not hold, whatever its port is connected to. */
export type Way = { port: string; targets: (string | null)[]; isOptional: boolean; isSkip?: boolean };

/** Every port of a block, connected or not, with where it leads; `null` leads nowhere. `@` targets stay as they are. */
export function waysOf(flow: Flow, placed: Placed): Way[] {
  const definition = definitionOf(placed.block);
  const special = definition.ports(placed.block as never);
  const all = special.map((one) => ({
    port: one.name,
    targets: targetsOf(flow, placed, one.name, one.falls ?? ['next']),
    isOptional: one.optional === true,
  }));
  const { when, to } = placed.block;
  if (definition.leavesByItself?.(placed.block as never) && to?.next === undefined && when === undefined) return all;
  const skipped = when !== undefined && definition.jumps ? [{ port: 'next', targets: [placed.next], isOptional: false, isSkip: true }] : [];
  return [...all, ...skipped, { port: 'next', targets: targetsOf(flow, placed, 'next', []), isOptional: false }];
}

function targetsOf(flow: Flow, placed: Placed, port: string, falls: string[]): (string | null)[] {
  for (const name of [port, ...falls]) {
    const target = placed.block.to?.[name];
    if (typeof target === 'string') return [resolved(flow, target)];
    if (target !== undefined) return target.in.map((one) => resolved(flow, one));
    if (name === 'next' && placed.next !== null) return [placed.next];
  }
  return [null];
}

function resolved(flow: Flow, target: string): string | null {
  return target.startsWith('@') ? target : blockAt(flow, target);
}

/** The blocks that some trigger can lead to. */
export function reachable(flow: Flow): Set<string> {
  const { blocks } = indexOf(flow);
  const found = new Set<string>();
  const todo: string[] = [];
  const visit = (target: string | null): void => {
    if (target === null || target.startsWith('@') || found.has(target)) return;
    found.add(target);
    todo.push(target);
  };
  for (const trigger of Object.values(flow.triggers ?? {})) visit(resolved(flow, trigger.to));
  while (todo.length > 0) {
    const placed = blocks.get(todo.pop() ?? '');
    if (!placed) continue;
    for (const way of waysOf(flow, placed)) for (const target of way.targets) visit(target);
    const error = flow.groups[placed.group]?.error;
    if (error !== undefined) visit(resolved(flow, error));
  }
  return found;
}

/** Blocks on a round that nothing stops: no question, no wait, no person. Rounds of a loop end by `@continue`. */
export function endlessRound(flow: Flow): string[] | null {
  const { blocks } = indexOf(flow);
  const done = new Set<string>();
  for (const start of blocks.keys()) {
    const round = roundFrom(flow, start, done);
    if (round) return round;
  }
  return null;
}

function roundFrom(flow: Flow, start: string, done: Set<string>): string[] | null {
  const { blocks, start: begin } = indexOf(flow);
  const path: string[] = [];
  const onPath = new Set<string>();
  // An explicit stack: a flow of two thousand blocks in a row must not end in a stack overflow.
  const stack: { at: string; next: string[] }[] = [];
  const enter = (at: string): void => {
    const placed = blocks.get(at);
    if (!placed || definitionOf(placed.block).rests) {
      done.add(at);
      return;
    }
    path.push(at);
    onPath.add(at);
    stack.push({
      at,
      next: waysOf(flow, placed)
        .flatMap((way) => way.targets)
        .map((one) => (one === '@restart' && begin !== null ? blockAt(flow, begin) : one))
        .filter((one) => one !== null && !one.startsWith('@')) as string[],
    });
  };
  if (!done.has(start)) enter(start);
  while (stack.length > 0) {
    const top = stack.at(-1) as { at: string; next: string[] };
    const next = top.next.pop();
    if (next === undefined) {
      stack.pop();
      path.pop();
      onPath.delete(top.at);
      done.add(top.at);
    } else if (onPath.has(next)) return path.slice(path.indexOf(next));
    else if (!done.has(next)) enter(next);
  }
  return null;
}

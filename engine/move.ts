// A session goes over to newer versions of the flows it is inside of: every place in it by the id of its block, wherever
// that block stands by now. Where one is gone, or has become another kind of block, there is nowhere to go on.
import { defaultsOf } from './advance/given.ts';
import { blockNamed, type Flow, indexOf } from './flow.ts';
import type { Frame, Loop, Session } from './session.ts';

export type Move = { from: Flow; to: Flow; version: number };

/** `moveOf` tells where a version leads; null where it stays. Null when the session has to start again. */
export function moved(session: Session, moveOf: (slug: string, version: number) => Move | null): Session | null {
  const { cursor, version_id, wait, loops, vars, params } = session;
  const here = moveOf(cursor.flow, version_id);
  const block = placeAfter(here, cursor.block);
  const waitsAt = wait === null ? '' : placeAfter(here, wait.block);
  const around = loopsAfter(here, loops);
  const stack = session.stack.map((frame) => frameAfter(moveOf(frame.flow, frame.version_id), frame));
  const frames = stack.filter((frame) => frame !== null);
  if (block === null || waitsAt === null || around === null || frames.length < stack.length) return null;
  return {
    ...session,
    version_id: here?.version ?? version_id,
    cursor: { ...cursor, block },
    wait: wait && { ...wait, block: waitsAt },
    loops: around,
    vars: { ...defaultsOf(here?.to.vars), ...vars },
    params: { ...defaultsOf(here?.to.params), ...params },
    stack: frames,
  };
}

function frameAfter(move: Move | null, frame: Frame): Frame | null {
  const returnTo = placeAfter(move, frame.return_to);
  const loops = loopsAfter(move, frame.loops);
  if (returnTo === null || loops === null) return null;
  const { vars, params } = frame;
  return {
    ...frame,
    version_id: move?.version ?? frame.version_id,
    return_to: returnTo,
    loops,
    vars: { ...defaultsOf(move?.to.vars), ...vars },
    params: { ...defaultsOf(move?.to.params), ...params },
  };
}

function placeAfter(move: Move | null, at: string): string | null {
  if (move === null || at === '') return at;
  const before = indexOf(move.from).blocks.get(at)?.block;
  const after = before && blockNamed(move.to, before.id);
  return after && after.block.type === before.type ? after.at : null;
}

function loopsAfter(move: Move | null, loops: Loop[]): Loop[] | null {
  const places = loops.map((loop) => placeAfter(move, loop.block));
  return places.includes(null) ? null : loops.map((loop, at) => ({ ...loop, block: places[at] ?? loop.block }));
}

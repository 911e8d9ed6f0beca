// The walk of one turn: from block to block, into loops and sub-flows and out again, along the error ways when something
// is wrong. It knows ways of leaving a block, never a block. What sets it going is in receive.ts.
import type { Next } from '../block.ts';
import { definitionOf } from '../blocks.ts';
import type { Value } from '../expression/value.ts';
import { blockAt, type Flow, indexOf, type Placed } from '../flow.ts';
import type { Frame, Loop, Session, Vars, Wait } from '../session.ts';
import { defaultsOf, paramsOf } from './given.ts';
import type { Flows } from './input.ts';
import { localized } from './localize.ts';
import { type Target, targetOf } from './ports.ts';
import { limits, type Turn } from './turn.ts';

export class Run {
  readonly #flows: Flows;
  readonly #turn: Turn;
  #isContinuing = false;

  constructor(flows: Flows, turn: Turn) {
    this.#flows = flows;
    this.#turn = turn;
    turn.refreshScope(this.current);
  }

  get #session(): Session {
    return this.#turn.session;
  }

  /** The flow of the cursor, in the version the session began it with. */
  get current(): Flow | null {
    const { cursor, version_id } = this.#session;
    return this.#flows.pinned(cursor.flow, version_id);
  }

  get flow(): Flow {
    const flow = this.current;
    if (!flow) throw new Error(`the flow ${this.#session.cursor.flow} was not given`);
    return flow;
  }

  /** From the beginning, or from another place, with what is handed over. */
  start(at: string | null, params: Vars, vars: Vars = {}): Next {
    const session = this.#session;
    session.stack = [];
    session.loops = [];
    session.wait = null;
    session.params = paramsOf(this.flow, params);
    session.vars = defaultsOf(this.flow.vars, vars);
    this.#turn.refreshScope(this.flow);
    if (!this.#turn.admits('what it begins with', { ...session.params, ...session.vars })) return { end: true };
    return at === null ? { fail: 'This flow has no start' } : { jump: at };
  }

  /** Makes a block the current one. */
  enter(at: string): Placed | null {
    const placed = indexOf(this.flow).blocks.get(at) ?? null;
    if (placed === null) return null;
    this.#session.cursor.block = at;
    this.#turn.at = at;
    return placed;
  }

  walk(first: Next): void {
    let next: Next | null = first;
    while (next !== null) next = this.#follow(this.#turn.takeBreach() ?? next);
  }

  /** Does what a block said and gives what the following block says; null when the turn rests. */
  #follow(next: Next): Next | null {
    if ('go' in next) return this.#leave(next.go, next.reason, next.or);
    if ('jump' in next) return this.#jump(next.jump);
    if ('wait' in next) return this.#rest(next.wait);
    if ('loop' in next) return this.#loop(next.loop);
    if ('call' in next) return this.#call(next.call.flow, next.call.with);
    if ('return' in next) return this.#return(next.return);
    if ('fail' in next) return this.fail(next.fail);
    if ('unless_interrupted' in next) return next.unless_interrupted();
    this.#trace('end');
    return this.#end();
  }

  /** Runs a block, or skips it. */
  run(at: string): Next {
    const placed = this.enter(at);
    if (placed === null) return { fail: `there is no block ${at}` };
    const { counters } = this.#session;
    counters.spent.blocks += 1;
    if (counters.spent.blocks > limits.blocksPerTurn) return { fail: `more than ${limits.blocksPerTurn} blocks in one turn: an endless loop?` };
    counters.blocks += 1;
    counters.visits[at] = (counters.visits[at] ?? 0) + 1;
    const definition = definitionOf(placed.block);
    if (placed.block.when !== undefined && !this.#turn.holds(placed.block.when)) return this.#skip(placed, definition.jumps === true);
    return definition.run(localized(this.flow, placed, this.#turn.language) as never, this.#turn);
  }

  #skip(placed: Placed, jumps: boolean): Next {
    if (!jumps) return { go: 'next' };
    this.#trace('next');
    return placed.next === null ? { fail: `nothing follows ${placed.at} where it is skipped` } : { jump: placed.next };
  }

  #leave(port: string, reason?: string, or?: () => Next): Next {
    const placed = indexOf(this.flow).blocks.get(this.#session.cursor.block);
    if (!placed) return { fail: `there is no block ${this.#session.cursor.block}` };
    this.#isContinuing = false;
    const loop = this.#session.loops.at(-1);
    if (loop?.block === placed.at && port !== 'do') this.#setLoops(this.#session.loops.slice(0, -1));
    const target = targetOf(placed, port);
    if (target === null) return or?.() ?? { fail: `nothing follows "${port}" of ${placed.at}` };
    this.#trace(port, reason);
    return { jump: this.#chosen(target) };
  }

  /** A computed target is one of its list, whatever was computed. */
  #chosen(target: Target): string {
    if (typeof target === 'string') return target;
    const wanted = this.#turn.evaluate(target.expr);
    const chosen = target.in.find((one) => one === wanted);
    if (chosen === undefined) this.#turn.log('warn', `The computed target is not in the list; going to ${target.in[0]}.`);
    return chosen ?? target.in[0] ?? '@end';
  }

  #trace(port: string, reason?: string): void {
    const trace = { turn: this.#session.turn, block: this.#turn.at, port, set: this.#turn.takeSet(), ...(reason === undefined ? {} : { reason }) };
    this.#turn.outputs.push({ kind: 'trace', ...trace });
  }

  #jump(target: string): Next | null {
    switch (target) {
      case '@end':
        return this.#end();
      case '@return':
        return this.#returnWith({});
      case '@restart':
        return this.#restart();
      case '@continue':
        return this.#again();
      case '@break':
        return this.#leaveLoop();
      default: {
        const at = blockAt(this.flow, target);
        return at === null ? { fail: `there is no ${target}` } : this.run(at);
      }
    }
  }

  #restart(): Next {
    const [outermost] = this.#session.stack;
    if (outermost) this.backTo(outermost);
    return this.start(indexOf(this.flow).start, this.#session.params);
  }

  #rest(wait: Wait): Next | null {
    if (wait.kind === 'reply' && wait.choices.length > 0 && !this.#turn.admits('the choices', wait.choices)) return this.#turn.takeBreach();
    this.#session.wait = wait;
    this.#session.status = wait.kind === 'human' ? 'handed_off' : 'waiting';
    return null;
  }

  #end(): null {
    this.#session.status = 'ended';
    this.#session.wait = null;
    this.#session.stack = [];
    this.#session.loops = [];
    this.#turn.outputs.push({ kind: 'ended' });
    return null;
  }

  #setLoops(loops: Loop[]): void {
    this.#session.loops = loops;
    this.#turn.refreshScope();
  }

  #loop(ask: { items: Value[] | null; as: string | null; max: number }): Next {
    const at = this.#turn.at;
    const { loops } = this.#session;
    const top = loops.at(-1);
    const isAgain = top?.block === at && top.i >= 0 && this.#isContinuing;
    this.#isContinuing = false;
    const loop: Loop = isAgain && top ? { ...top, i: top.i + 1 } : { block: at, i: 0, items: ask.items, as: ask.as };
    // Coming in anew by a way of its own leaves an unfinished round of the same loop behind.
    const before = isAgain ? loops.length - 1 : loops.findIndex((one) => one.block === at);
    const others = before === -1 ? loops : loops.slice(0, before);
    if (!isAgain && !this.#turn.admits('the list of this loop', ask.items)) return { go: 'done' };
    if (others.length >= limits.loopDepth) return { fail: `more than ${limits.loopDepth} loops inside each other` };
    this.#setLoops([...others, loop]);
    if (loop.items !== null && loop.i >= loop.items.length) return { go: 'done' };
    if (loop.i >= ask.max) return { go: 'limit' };
    if (loop.as !== null) this.#turn.set(loop.as, loop.items?.[loop.i] ?? null);
    return { go: 'do' };
  }

  #again(): Next {
    const loop = this.#session.loops.at(-1);
    if (!loop) return { fail: '@continue outside a loop' };
    this.#isContinuing = true;
    return this.run(loop.block);
  }

  #leaveLoop(): Next {
    const loop = this.#session.loops.at(-1);
    if (!loop || this.enter(loop.block) === null) return { fail: '@break outside a loop' };
    return { go: 'done' };
  }

  #call(slug: string, given: Vars): Next {
    const session = this.#session;
    const called = this.#flows.live(slug);
    if (!called) return { fail: `the flow ${slug} is not there` };
    const start = indexOf(called.flow).start;
    if (start === null) return { fail: `This flow has no start: ${slug}` };
    if (session.stack.length >= limits.stackDepth) return { fail: `more than ${limits.stackDepth} flows inside each other` };
    if (!this.#turn.admits('what is handed over', given)) return { end: true };
    const { cursor, version_id, vars, loops, params } = session;
    session.stack.push({ flow: cursor.flow, version_id, return_to: this.#turn.at, vars, loops, params });
    cursor.flow = slug;
    session.version_id = called.version;
    session.vars = defaultsOf(called.flow.vars);
    session.params = defaultsOf(called.flow.params, given);
    session.loops = [];
    this.#turn.refreshScope(called.flow);
    return { jump: start };
  }

  #return(values: Vars): Next | null {
    this.#trace('return');
    return this.#returnWith(values);
  }

  #returnWith(values: Vars): Next | null {
    const frame = this.#session.stack.at(-1);
    if (!frame) return this.#end();
    this.backTo(frame);
    if (this.current === null) return { fail: `the flow ${frame.flow} is no longer there` };
    const placed = this.enter(frame.return_to);
    if (placed === null) return { fail: `the block ${frame.return_to} is no longer there` };
    return definitionOf(placed.block).wake?.(placed.block as never, this.#turn, { kind: 'answer', ok: true, values }) ?? { go: 'next' };
  }

  /** To a flow that called, which goes on with all it had. */
  backTo(frame: Frame): void {
    const session = this.#session;
    session.stack = session.stack.slice(0, session.stack.indexOf(frame));
    session.cursor.flow = frame.flow;
    session.version_id = frame.version_id;
    session.vars = { ...frame.vars };
    session.params = frame.params;
    session.loops = frame.loops;
    this.#turn.refreshScope(this.current);
  }

  /** Block port → the group's and the flow's error way → the same of whoever called → the bot's people. */
  fail(reason: string): Next | null {
    const at = this.#turn.at;
    this.#turn.log('error', reason);
    if (at !== '') this.#trace('error', reason);
    const { spent } = this.#session.counters;
    if (!spent.isFailing) {
      spent.isFailing = true;
      // The way out gets a share of its own, once: an endless loop must still be able to apologise and hand over.
      spent.blocks = Math.min(spent.blocks, limits.blocksPerTurn - 50);
      spent.asks = Math.min(spent.asks, limits.asksPerTurn - 2);
      this.#turn.setLast({ ...this.#session.last, error: reason });
      this.#turn.takeBreach();
      const way = this.#errorWay();
      if (way !== null) return { jump: this.#chosen(way) };
    }
    this.#session.status = 'failed';
    this.#session.wait = null;
    this.#turn.outputs.push({ kind: 'failed', block: at, reason });
    return null;
  }

  #errorWay(): Target | null {
    for (;;) {
      const flow = this.current;
      const placed = flow === null ? undefined : indexOf(flow).blocks.get(this.#session.cursor.block);
      const ofGroup = placed === undefined ? undefined : flow?.groups[placed.group]?.error;
      const ofFlow = Object.values(flow?.triggers ?? {}).find((one) => one.type === 'error')?.to;
      const way = placed?.block.to?.error ?? ofGroup ?? ofFlow;
      if (way !== undefined) return way;
      const frame = this.#session.stack.at(-1);
      if (!frame) return null;
      this.backTo(frame);
      this.#session.cursor.block = frame.return_to;
    }
  }
}

// What happened to a session, and where it makes it go on: the start of a flow, a reply, time, an answer, a call from
// outside, people.
import { choiceOf } from '../block/answer.ts';
import { type Next, parsePayload, type Wake } from '../block.ts';
import { definitionOf } from '../blocks.ts';
import { isShallow } from '../expression/value.ts';
import { blockAt, indexOf } from '../flow.ts';
import type { Reply } from '../message.ts';
import type { Session, Wait } from '../session.ts';
import { commandIn } from './commands.ts';
import { bounded } from './given.ts';
import type { Flows, Input } from './input.ts';
import { type LateWords, lateQuestion, type ReplyWait } from './late.ts';
import { localized } from './localize.ts';
import type { Run } from './run.ts';
import type { Turn } from './turn.ts';

export class Receiver {
  readonly #run: Run;
  readonly #flows: Flows;
  readonly #turn: Turn;
  readonly #reply: Reply | null;

  constructor(run: Run, flows: Flows, turn: Turn, reply: Reply | null) {
    this.#run = run;
    this.#flows = flows;
    this.#turn = turn;
    this.#reply = reply;
  }

  get #session(): Session {
    return this.#turn.session;
  }

  /** Where to go on; null when the input is stale or nobody's, and the session stays untouched. */
  receive(input: Input): Next | null {
    const { wait, cursor } = this.#session;
    if (this.#run.current === null) return { fail: `the flow ${cursor.flow} is no longer there` };
    switch (input.kind) {
      case 'start':
        return this.#begin(input);
      case 'jump':
        return this.#jumpFromOutside(input.at);
      case 'reply':
        return this.#receiveReply(input.reply, wait);
      case 'late':
        return wait?.kind === 'reply' ? this.#askWhetherToGoOn(wait, input.words) : null;
      case 'timer':
        if (wait === null || wait.id !== input.wait) return null;
        return this.#wake(
          wait,
          wait.kind === 'timer' ? { kind: 'timer' } : wait.kind === 'human' ? { kind: 'human', outcome: 'timeout' } : { kind: 'timeout' },
        );
      case 'answer':
        return wait?.kind === 'effect' && wait.id === input.id ? this.#wake(wait, { kind: 'answer', ok: input.ok, values: bounded(input.values) }) : null;
      case 'webhook':
        return wait?.kind === 'webhook' && wait.token === input.token && (!wait.signed || input.isSigned)
          ? this.#wake(wait, { kind: 'webhook', data: isShallow(input.data) ? input.data : null })
          : null;
      case 'human':
        return wait?.kind === 'human' ? this.#wake(wait, { kind: 'human', outcome: input.outcome }) : null;
    }
  }

  #begin({ at, pressed, params = {}, vars = {} }: Extract<Input, { kind: 'start' }>): Next {
    const begun = this.#run.start(pressed?.at ?? at ?? indexOf(this.#run.flow).start, bounded(params), bounded(vars));
    return pressed && 'jump' in begun ? this.#press(pressed) : begun;
  }

  #press({ at, id }: { at: string; id: string }): Next {
    return this.#run.enter(at) === null ? { fail: `there is no block ${at}` } : { go: `btn:${id}` };
  }

  #jumpFromOutside(at: string): Next | null {
    if (!this.#isHere(at)) return null;
    this.#session.wait = null;
    this.#session.loops = [];
    return { jump: at };
  }

  #receiveReply(reply: Reply, wait: Wait | null): Next | null {
    const pressed = reply.payload === undefined ? null : parsePayload(reply.payload);
    const whether = wait?.kind === 'reply' && wait.late ? choiceOf(reply, wait.late)?.id : undefined;
    if (wait?.kind === 'reply' && whether === 'go_on') return this.#askAgain(wait);
    if (whether === 'start_again') {
      this.#turn.outputs.push({ kind: 'command', name: 'restart' });
      return null;
    }
    if (wait?.kind === 'reply' && wait.choices.some((one) => one.payload === reply.payload)) return this.#wake(wait, { kind: 'reply', reply });
    // While people have the conversation, a button of the bot takes nothing from them.
    if (pressed?.kind === 'btn' && wait?.kind !== 'human' && this.#isHere(pressed.at)) {
      this.#session.wait = null;
      return this.#press(pressed);
    }
    const command = commandIn(this.#turn.context.commands, reply.text);
    if (command !== null) {
      this.#turn.outputs.push({ kind: 'command', name: command });
      return null;
    }
    if (wait?.kind === 'reply') return this.#wake(wait, { kind: 'reply', reply });
    this.#turn.outputs.push(this.#turn.context.interrupts(reply) ? { kind: 'interrupted' } : { kind: 'unanswered' });
    return null;
  }

  #askWhetherToGoOn(wait: ReplyWait, words: LateWords): Next {
    const { message, late } = lateQuestion(wait, words);
    this.#turn.at = wait.block;
    this.#turn.say(message);
    return { wait: { ...wait, late } };
  }

  /** What the block asked is long out of sight. */
  #askAgain(wait: Wait): Next {
    this.#session.wait = null;
    return this.#run.run(wait.block);
  }

  /** In this flow or one that called it, which is then gone back to. */
  #isHere(at: string): boolean {
    if (blockAt(this.#run.flow, at) !== null) return true;
    const frame = this.#session.stack.findLast((one) => {
      const flow = this.#flows.pinned(one.flow, one.version_id);
      return flow !== null && blockAt(flow, at) !== null;
    });
    if (frame) this.#run.backTo(frame);
    return frame !== undefined;
  }

  #wake(wait: Wait, wake: Wake): Next | null {
    const placed = this.#run.enter(wait.block);
    if (placed === null) return { fail: `the block ${wait.block} is no longer there` };
    const definition = definitionOf(placed.block);
    this.#session.wait = null;
    this.#turn.woken = wait;
    const next = definition.wake?.(localized(this.#run.flow, placed, this.#turn.language) as never, this.#turn, wake) ?? { go: 'next' };
    if (!('unless_interrupted' in next)) return next;
    if (this.#reply !== null && this.#turn.context.interrupts(this.#reply)) {
      this.#turn.outputs.push({ kind: 'interrupted' });
      return null;
    }
    return next.unless_interrupted();
  }
}

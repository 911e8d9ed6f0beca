// Who is at the other end of a WebSocket: frames in, one at a time and in order, answers and events out. What it does not
// take is not kept for it.
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { authorise } from '../../auth.ts';
import { AppError } from '../../errors.ts';
import type { Admitted } from '../admit.ts';
import { validate } from '../answer/validate.ts';
import { describe } from '../errors.ts';
import { readJson } from '../json.ts';
import { overLimit } from '../limits.ts';
import type { Pass, Talk } from '../route.ts';
import type { Machine, Served } from '../serve.ts';
import type { Standing } from './standing.ts';
import { begin, type Ending, Stream, stuckMs, type Wire } from './stream.ts';
import type { Connection } from './streams.ts';

const pingMs = 20_000;
const lingerMs = 1_000;
const maxUnsentBytes = 1024 * 1024;
/** Frames that came while one was answered. */
const maxWaiting = 64;
/** How far past its limit someone may ask before the connection ends. */
const maxRefused = 100;

const closes: Record<Ending, [code: number, reason: string]> = {
  done: [1000, 'That was all.'],
  elsewhere: [1012, 'Come back in a moment, with after.'],
  slow: [1013, 'You take too little. Come back with after.'],
  refused: [4401, 'Your credential does not hold here.'],
  gone: [4404, 'Not found.'],
  idle: [4408, 'You did not answer.'],
  replaced: [4409, 'You have opened this too often; the newest stay.'],
  flooding: [4429, 'Too many frames. Wait for their answers.'],
};

export function closeWith(ws: WebSocket, why: Ending): void {
  ws.close(...closes[why]);
  // Whoever does not take the word is not waited for.
  const timer = setTimeout(() => ws.terminate(), lingerMs).unref();
  ws.once('close', () => clearTimeout(timer));
}

const frame = z.object({ id: z.union([z.string().max(200), z.number()]).nullable(), method: z.string().max(100), params: z.unknown().optional() });
const subscribe = z.object({ after: z.int().min(0).optional() });

type Parts = { machine: Machine; served: Served; admitted: Admitted; talk: Talk; pass: Pass; standing: Standing; alike: string; ws: WebSocket; socket: Socket };

export class Talker implements Connection {
  readonly standing: Standing;
  readonly alike: string;
  readonly #parts: Parts;
  readonly #waiting: Buffer[] = [];
  #stream: Stream | null = null;
  #isAnswering = false;
  #isHeard = true;
  #pingAt = performance.now() + pingMs;

  constructor(parts: Parts) {
    const { ws, socket } = parts;
    this.#parts = parts;
    this.standing = parts.standing;
    this.alike = parts.alike;
    ws.on('pong', () => {
      this.#isHeard = true;
    });
    ws.on('message', (data) => this.#take(data as Buffer));
    socket.on('drain', () => {
      socket.setTimeout(0);
      this.#stream?.taken();
    });
    socket.on('timeout', () => this.end('slow'));
  }

  tick(now: number): void {
    this.#stream?.tick(now);
    if (now < this.#pingAt) return;
    this.#pingAt = now + pingMs;
    // One that has not taken what it has cannot answer: there the other clock runs.
    if (this.#parts.socket.writableNeedDrain) return;
    if (this.#isHeard) this.#parts.ws.ping();
    else this.end('idle');
    this.#isHeard = false;
  }

  end(why: Ending): void {
    this.stop();
    if (this.#parts.ws.readyState < 2) closeWith(this.#parts.ws, why);
  }

  stop(): void {
    this.#unsubscribe();
    this.#waiting.length = 0;
  }

  #take(bytes: Buffer): void {
    this.#isHeard = true;
    if (this.#waiting.push(bytes) > maxWaiting) this.end('flooding');
    else if (!this.#isAnswering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    const { ws } = this.#parts;
    this.#isAnswering = true;
    ws.pause();
    for (let bytes = this.#waiting.shift(); bytes; bytes = this.#waiting.shift()) await this.#answer(bytes);
    ws.resume();
    this.#isAnswering = false;
  }

  async #answer(bytes: Buffer): Promise<void> {
    let id: unknown = null;
    try {
      const asked = readJson(bytes);
      id = (asked as { id?: unknown } | undefined)?.id ?? null;
      const { method, params } = validate(frame, asked, 'body');
      this.#say({ id, result: await this.#call(method, params ?? {}) });
    } catch (error) {
      this.#say({ id, error: this.#errorOf(error) });
    }
  }

  async #call(method: string, params: unknown): Promise<unknown> {
    const { machine, admitted, talk, pass } = this.#parts;
    await this.#count();
    if (method === 'ping') return {};
    if (method === 'subscribe') return this.#subscribe(params);
    if (method === 'unsubscribe') {
      this.#unsubscribe();
      return {};
    }
    const found = Object.hasOwn(talk.methods, method) ? talk.methods[method] : undefined;
    if (!found) {
      const known = [...Object.keys(talk.methods), 'subscribe', 'unsubscribe', 'ping'];
      throw new AppError('method_not_allowed', `There is no method ${method}; there are ${known.join(', ')}.`);
    }
    await authorise(machine.app.db, admitted.caller, found.access, pass.hints);
    return found.run(validate(found.params, params, 'body') as never);
  }

  /** A frame counts as a request does. */
  async #count(): Promise<void> {
    const { machine, served, admitted } = this.#parts;
    const limit = machine.app.config.rateLimits ? served.door.quota(admitted.caller) : null;
    if (!limit) return;
    const state = await machine.limits.hit(limit, admitted.name);
    if (state.remaining < -maxRefused) this.end('flooding');
    if (state.remaining < 0) throw overLimit(state, machine.app.clock.now());
  }

  async #subscribe(params: unknown): Promise<unknown> {
    const { machine, talk, ws } = this.#parts;
    const { after = null } = validate(subscribe, params, 'body');
    const source = talk.part ? await talk.part.source(validate(talk.part.params, params, 'body') as never) : talk.source;
    const { cursor, first } = await begin(source, after);
    this.#unsubscribe();
    // Nothing of it goes out before this answer: a stream waits for its turn.
    if (ws.readyState === ws.OPEN) this.#stream = new Stream(machine.app, source, this.#wire(), machine.streams, { cursor, first });
    return { after: cursor };
  }

  #unsubscribe(): void {
    this.#stream?.stop();
    this.#stream = null;
  }

  #wire(): Wire {
    return {
      send: ({ event, seq, data }) => this.#say({ event, seq, data }),
      beat: () => {},
      end: (why) => (why === 'done' ? this.#unsubscribe() : this.end(why)),
    };
  }

  /** False when the other end has enough to take. */
  #say(value: object): boolean {
    const { ws, socket } = this.#parts;
    if (ws.readyState !== ws.OPEN) return false;
    ws.send(JSON.stringify(value));
    if (!socket.writableNeedDrain) return true;
    // Node's own clock: it goes on as long as bytes are taken.
    socket.setTimeout(stuckMs);
    // Answers nobody reads; events stop long before.
    if (ws.bufferedAmount > maxUnsentBytes && !('event' in value)) this.end('slow');
    return false;
  }

  #errorOf(error: unknown): { code: string; message: string } {
    if (error instanceof AppError && error.status < 500) return { code: error.code, message: error.message };
    this.#parts.machine.app.log.error({ err: describe(error) }, 'a frame could not be answered');
    const { code, message } = error instanceof AppError ? error : new AppError('internal', 'Something went wrong on our side.');
    return { code, message };
  }
}

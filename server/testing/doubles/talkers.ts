// Clients that talk with chats over HTTP and keep a log of their own: what they mean to send before they send it, and that
// it was acknowledged after. They never ask the server what is true. What was not acknowledged is sent again, under the
// same Idempotency-Key, until it is.
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { echo } from '../samples/echo.ts';

export type Talk = { chat: string; said: string[] };

export type Talkers = {
  /** Where the server is from now on; null while there is none. */
  serverIs(url: string | null): void;
  acked(): number;
  /** Acknowledged only when sent again: the server had done the work and died before it could say so. */
  replayed(): number;
  /** Everything that was not as it must be, in words. */
  wrong: string[];
  /** No new messages; resolves when all that were meant are acknowledged. */
  finish(): Promise<void>;
};

const patienceMs = 10_000;

/** Chats of the flow `echo`, which is published for them. */
export async function openTalks(url: string, key: string, count: number): Promise<string[]> {
  const post = async (path: string, body: object) => {
    const reply = await fetch(`${url}${path}`, { method: 'POST', headers: headersOf(key), body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${await reply.text()}`);
    return (await reply.json()) as { id: string };
  };
  await post('/v1/flows', { document: echo, publish: true });
  const chats: string[] = [];
  for (let made = 0; made < count; made += 1) chats.push((await post('/chats', { from_flow: echo.id, message: 'hello' })).id);
  return chats;
}

function headersOf(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
}

/** Lines on disk; those of one turn of the loop share an fsync. */
class Log {
  readonly #file: FileHandle;
  #lines: string[] = [];
  #writing: Promise<void> | null = null;
  constructor(file: FileHandle) {
    this.#file = file;
  }

  note(line: string): Promise<void> {
    this.#lines.push(`${line}\n`);
    this.#writing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      this.#writing = null;
      await this.#file.write(this.#lines.splice(0).join(''));
      await this.#file.datasync();
    });
    return this.#writing;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

export async function startTalkers(chats: readonly string[], key: string, logFile: string): Promise<Talkers> {
  const log = new Log(await open(logFile, 'a'));
  const wrong: string[] = [];
  const counts = { acked: 0, replayed: 0 };
  let url: string | null = null;
  let isOver = false;

  /** The reply, or null when there was none: nobody knows whether the work was done. */
  const send = async (chat: string, text: string): Promise<Response | null> => {
    if (url === null) return null;
    const ask = {
      method: 'POST',
      headers: { ...headersOf(key), 'idempotency-key': `${chat}-${text}` },
      body: JSON.stringify({ message: text }),
      signal: AbortSignal.timeout(patienceMs),
    };
    return fetch(`${url}/chats/${chat}/messages`, ask)
      .then(
        async (reply) => new Response(await reply.text(), reply),
        () => null,
      )
      .then(null, () => null);
  };

  const talk = async (chat: string): Promise<void> => {
    for (let number = 1; !isOver; number += 1) {
      const text = `m${number}`;
      await log.note(`> ${chat} ${text}`);
      for (;;) {
        const reply = await send(chat, text);
        if (reply?.status === 200) {
          await log.note(`< ${chat} ${text}`);
          counts.acked += 1;
          if (reply.headers.get('idempotent-replayed') === 'true') counts.replayed += 1;
          const { content, messages } = (await reply.json()) as { content: string; messages: { content: string }[] };
          if (content !== text || messages[0]?.content !== `${text}!`) wrong.push(`${chat} ${text} was answered with ${JSON.stringify(messages)}`);
          break;
        }
        // Still being worked on, or the server is stopping or full: to be tried again. Everything else is not.
        if (reply && reply.status !== 409 && reply.status !== 503) {
          wrong.push(`${chat} ${text} was refused with ${reply.status}: ${await reply.text()}`);
          return;
        }
        await sleep(20);
      }
    }
  };

  const talking = Promise.all(chats.map(talk));
  return {
    serverIs: (now) => {
      url = now;
    },
    acked: () => counts.acked,
    replayed: () => counts.replayed,
    wrong,
    finish: async () => {
      isOver = true;
      await talking;
      await log.close();
    },
  };
}

/** What the log says was acknowledged, in order; throws when something was meant and never acknowledged. */
export function readLog(logFile: string): Talk[] {
  const talks = new Map<string, Talk>();
  const open = new Set<string>();
  for (const line of readFileSync(logFile, 'utf8').trimEnd().split('\n')) {
    const [direction, chat = '', text = ''] = line.split(' ');
    if (direction === '>') open.add(`${chat} ${text}`);
    else {
      open.delete(`${chat} ${text}`);
      const talk = talks.get(chat) ?? { chat, said: [] };
      talks.set(chat, talk);
      talk.said.push(text);
    }
  }
  if (open.size > 0) throw new Error(`never acknowledged: ${[...open].slice(0, 5).join(', ')}`);
  return [...talks.values()];
}

/** Where a chat is not what its log says: each message once, in order, each answered. */
export async function compareTalk(url: string, key: string, { chat, said }: Talk): Promise<string[]> {
  const expected = ['hello', 'Say something.', ...said.flatMap((text) => [text, `${text}!`, 'Say something.'])];
  const found: string[] = [];
  for (let after = ''; ; ) {
    const reply = await fetch(`${url}/chats/${chat}/messages?limit=200${after}`, { headers: headersOf(key) });
    const page = (await reply.json()) as { id: string; content: string }[];
    found.push(...page.map((one) => one.content));
    if (page.length < 200) break;
    after = `&after=${page.at(-1)?.id}`;
  }
  const at = expected.findIndex((text, index) => text !== found[index]);
  if (at >= 0) return [`${chat}: message ${at} is "${found[at]}" and should be "${expected[at]}"`];
  return found.length > expected.length ? [`${chat} has ${found.length - expected.length} messages more than there should be`] : [];
}

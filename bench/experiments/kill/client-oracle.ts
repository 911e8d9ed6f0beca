// A client that knows by itself what it was promised: it notes what it is about to ask and what was acknowledged in a
// log of its own, asks again with the same key for what was not, and never takes the server's word for what is true.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type Write = { key: string; name: string };
export type Reply = { status: number; isReplay: boolean; text: string };

type Ask = { apiKey: string; path: string; logFile: string; inFlight: number };

function nameOf(count: number): string {
  return `name ${String(count).padStart(9, '0')}`;
}

export class ClientOracle {
  /** Acknowledged writes by name, with the reply. */
  readonly acked = new Map<string, string>();
  /** When, by this machine's monotonic clock. */
  readonly ackedAt = new Map<string, bigint>();
  /** Acknowledged as repeats: they had been committed, and the acknowledgement was lost. */
  committedUnacked = 0;
  readonly #ask: Ask;
  readonly #log: number;
  #unacked: Write[] = [];
  #count = 0;

  constructor(ask: Ask) {
    this.#ask = ask;
    this.#log = openSync(ask.logFile, 'a', 0o600);
  }

  /** Sends, first what is still unanswered, until the server is gone; then what was promised is on this disk. */
  async sendUntilGone(url: string): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: this.#ask.inFlight });
    const one = async (): Promise<void> => {
      for (;;) {
        const write = this.#unacked.shift() ?? this.#next();
        if (await this.#send(url, agent, write)) continue;
        this.#unacked.push(write);
        return;
      }
    };
    await Promise.all(Array.from({ length: this.#ask.inFlight }, one));
    agent.destroy();
    fsyncSync(this.#log);
  }

  /** Asks again for everything that was not acknowledged, until all is. */
  async settle(url: string): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: this.#ask.inFlight });
    for (const write of this.#unacked) while (!(await this.#send(url, agent, write))) await sleep(20);
    this.#unacked = [];
    agent.destroy();
    fsyncSync(this.#log);
  }

  /** Whether this client ever asked for it. */
  asked(name: string): boolean {
    return name === nameOf(Number(name.slice(5))) && Number(name.slice(5)) <= this.#count;
  }

  close(): void {
    closeSync(this.#log);
  }

  #next(): Write {
    this.#count += 1;
    const write = { key: `key-${process.pid}-${this.#count}`, name: nameOf(this.#count) };
    writeSync(this.#log, `ask ${write.key} ${write.name}\n`);
    return write;
  }

  /** True when it was acknowledged; false when nobody can say what became of it. */
  async #send(url: string, agent: Agent, write: Write): Promise<boolean> {
    for (;;) {
      const reply = await this.#post(url, agent, write).catch(() => null);
      if (!reply) return false;
      if (reply.status === 200) {
        writeSync(this.#log, `ack ${write.key}\n`);
        this.acked.set(write.name, reply.text);
        this.ackedAt.set(write.name, process.hrtime.bigint());
        if (reply.isReplay) this.committedUnacked += 1;
        return true;
      }
      // Busy, or the first try of the same key is still at work: neither yes nor no.
      if (reply.status !== 503 && reply.status !== 409) throw new Error(`${write.name}: ${reply.status} ${reply.text}`);
      await sleep(20);
    }
  }

  #post(url: string, agent: Agent, { key, name }: Write): Promise<Reply> {
    const body = JSON.stringify({ name });
    const headers = {
      authorization: `Bearer ${this.#ask.apiKey}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'idempotency-key': key,
    };
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${this.#ask.path}`, { method: 'POST', agent, headers }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (piece) => {
          text += piece;
        });
        incoming.on('error', reject);
        incoming.on('end', () =>
          incoming.complete
            ? resolve({ status: incoming.statusCode ?? 0, isReplay: incoming.headers['idempotent-replayed'] === 'true', text })
            : reject(new Error('the reply was cut')),
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

// One conversation as this tab knows it: its messages in order, what is still on its way, who is typing, what is new.
import type { Api } from '../api.ts';
import type { Pending, Remembered } from '../memory.ts';
import type { Author, Message, Messages, Opened, Status, StreamEvents } from '../wire.ts';
import { Connection } from './connection.ts';
import type { StreamEvent } from './events.ts';

/** A message as it is shown; `pending` while the server has not confirmed it. */
export type Shown = Message & { pending?: Pending };

type Options = {
  api: Api;
  memory: Remembered;
  onChange(): void;
  /** Said by somebody else just now. */
  onNews(message: Message): void;
  /** For the page: what is only told and nowhere shown. */
  emit(name: string, detail: unknown): void;
};

const mostKept = 600;
const typingMs = 8_000;
const pageSize = 50;
const mostPages = 20;
/** Until the server has said how it is. */
export const unknown: Status = { state: 'open', handled_by: 'bot', agent: null };

export class Talk {
  status = unknown;
  typing: Author | null = null;
  isReachable = true;
  readonly #options: Options;
  #id: string | null = null;
  #byId = new Map<number, Message>();
  #cursor: number | null = null;
  #before: number | null = null;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #connection: Connection | null = null;
  #told = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  shown(): Shown[] {
    const pending = this.#options.memory.now.outbox.filter((one) => one.talk === this.#id);
    const confirmed = this.#sorted();
    const arrived = new Set(confirmed.map((one) => one.client_id));
    return [...confirmed, ...pending.filter((one) => !arrived.has(one.clientId)).map(shownOf)];
  }

  id(): string | null {
    return this.#id;
  }

  unread(): number {
    return this.#sorted().filter((one) => one.direction === 'outbound' && one.seq > this.#seen()).length;
  }

  isLeader(): boolean {
    return this.#connection?.isLeader ?? true;
  }

  /** Shows this conversation, or an empty one. */
  open(id: string | null): void {
    this.close();
    this.#id = id;
    this.#byId = new Map();
    this.#cursor = this.#before = this.typing = null;
    this.status = unknown;
    this.#told = 0;
    if (id !== null) this.#connect(id);
    this.#options.onChange();
  }

  /** The conversation that was just begun here. */
  opened({ conversation_token: id, data, status }: Opened): void {
    if (this.#id !== null) return;
    this.#id = id;
    // The stream tells from the first event on: what the flow did meanwhile is not in these messages.
    this.#cursor = 0;
    this.add(data);
    this.#setStatus(status);
    for (const message of data) this.#tell(message);
    this.#connect(id);
  }

  add(messages: readonly Message[]): void {
    for (const message of messages) this.#byId.set(message.id, message);
    // The oldest can be had again by scrolling up.
    const all = this.#sorted();
    for (const { id } of all.slice(0, -mostKept)) this.#byId.delete(id);
    if (all.length > mostKept) this.#before = all.at(-mostKept)?.seq ?? null;
    this.#options.onChange();
  }

  /** The number before which there are older ones; null when there are none. */
  before(): number | null {
    return this.#before;
  }

  /** A page of older ones. */
  prepend({ data, prev_cursor }: Messages): void {
    for (const message of data) this.#byId.set(message.id, message);
    this.#before = prev_cursor;
    this.#options.onChange();
  }

  markRead(): void {
    const { api, memory } = this.#options;
    const at = this.#id;
    const last =
      this.#sorted()
        .filter((one) => one.direction === 'outbound')
        .at(-1)?.seq ?? 0;
    if (at === null || last <= this.#seen()) return;
    memory.keep(({ seen }) => ({ seen: { ...seen, [at]: last } }));
    void api.call('POST', `/conversations/${at}/read`, { up_to: last });
    this.#options.onChange();
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  #sorted(): Message[] {
    return [...this.#byId.values()].sort((a, b) => a.seq - b.seq);
  }

  #seen(): number {
    return this.#options.memory.now.seen[`${this.#id}`] ?? 0;
  }

  #connect(talk: string): void {
    this.#connection = new Connection({
      api: this.#options.api,
      talk,
      cursor: () => this.#cursor,
      take: (event) => this.#take(event),
      catchUp: () => this.#catchUp(),
      isAwaiting: () => this.status.state === 'open' && this.#sorted().at(-1)?.direction === 'inbound',
      onReachable: ({ isReachable }) => {
        if (isReachable === this.isReachable) return;
        this.isReachable = isReachable;
        this.#options.onChange();
      },
    });
  }

  async #catchUp(): Promise<boolean> {
    const at = this.#id;
    for (let pages = 0; pages < mostPages; pages += 1) {
      const from = this.#cursor;
      const answer = await this.#options.api.call<Messages>('GET', `/conversations/${at}/messages?limit=${pageSize}${from === null ? '' : `&cursor=${from}`}`);
      if (this.#id !== at) return true;
      if (!answer.ok) {
        if (answer.status === 404) this.#forget();
        return false;
      }
      const fresh = answer.value.data.filter((one) => !this.#byId.has(one.id));
      this.#page(answer.value);
      if (from !== null) for (const message of fresh) this.#tell(message);
      if (from === null || answer.value.data.length < pageSize) return true;
    }
    return true;
  }

  #page({ data, next_cursor, prev_cursor, status }: Messages): void {
    if (this.#cursor === null) this.#before = prev_cursor;
    this.#cursor = Math.max(this.#cursor ?? 0, next_cursor);
    this.add(data);
    this.#setStatus(status);
  }

  /** The server knows it no longer: it was erased, or the key is another's. */
  #forget(): void {
    this.#options.memory.keep({ talk: null });
    this.open(null);
  }

  #tell(message: Message): void {
    if (message.direction !== 'outbound' || message.seq <= Math.max(this.#told, this.#seen())) return;
    this.#told = message.seq;
    this.#options.onNews(message);
  }

  #setStatus(status: Status): void {
    const isNew = JSON.stringify(status) !== JSON.stringify(this.status);
    this.status = status;
    if (isNew) this.#options.emit('status', status);
  }

  #take({ name, data, id: number }: StreamEvent): void {
    const taker = this.#takers[name as keyof StreamEvents];
    if (taker) taker(data as never);
    else this.#options.emit(name, data);
    if (number !== null) this.#cursor = Math.max(this.#cursor ?? 0, number);
    this.#options.onChange();
  }

  // What is not here shows nothing, and is told to the page.
  readonly #takers: { [Name in keyof StreamEvents]?: (data: StreamEvents[Name]) => void } = {
    snapshot: (page) => this.#page(page),
    message: (message) => {
      const isNew = !this.#byId.has(message.id);
      this.add([message]);
      if (message.direction === 'outbound') this.typing = null;
      if (isNew) this.#tell(message);
    },
    'message.updated': ({ id, input_open, status }) => {
      const old = this.#byId.get(id);
      if (old) this.#byId.set(id, { ...old, status, input: old.input && { ...old.input, open: input_open } });
    },
    status: (status) => this.#setStatus(status),
    typing: ({ on, author }) => {
      this.typing = on ? author : null;
      clearTimeout(this.#typingTimer);
      this.#typingTimer = setTimeout(() => {
        this.typing = null;
        this.#options.onChange();
      }, typingMs);
    },
    read: ({ up_to }) => {
      for (const one of this.#byId.values()) if (one.direction === 'inbound' && one.seq <= up_to) this.#byId.set(one.id, { ...one, status: 'read' });
    },
    resync: () => void this.#catchUp(),
  };
}

function shownOf(pending: Pending): Shown {
  return {
    ...{ id: -1, seq: Number.MAX_SAFE_INTEGER, client_id: pending.clientId, direction: 'inbound', type: 'text', body: pending.text },
    ...{ author: { kind: 'visitor', name: '', avatar: null }, timestamp: pending.at, attachments: pending.attachments },
    ...{ buttons: [], cards: [], input: null, location: null, status: 'sent' },
    pending,
  } as Shown;
}

// One conversation as this tab knows it: its messages in order, what is still on its way, who is typing, what is new.
import type { Api } from '../api.ts';
import type { Pending, Remembered } from '../memory.ts';
import type { Author, Message, Messages, Opened, Status, StreamEvents } from '../wire.ts';
import { type Connection, connect } from './connection.ts';
import type { StreamEvent } from './events.ts';

/** A message as it is shown; `pending` while the server has not confirmed it. */
export type Shown = Message & { pending?: Pending };

export type Talk = {
  shown(): Shown[];
  status(): Status;
  typing(): Author | null;
  unread(): number;
  hasOlder(): boolean;
  isReachable(): boolean;
  isLeader(): boolean;
  older(): Promise<void>;
  /** Shows this conversation, or an empty one. */
  open(id: string | null): void;
  opened(opened: Opened): void;
  add(messages: Message[]): void;
  markRead(): void;
  close(): void;
};

type Options = {
  api: Api;
  memory: Remembered;
  onChange(): void;
  /** Said by somebody else just now. */
  onNews(message: Message): void;
  onStatus(status: Status): void;
};

const mostKept = 600;
const typingMs = 8_000;
const pageSize = 50;
const unknown: Status = { state: 'open', handled_by: 'bot', agent: null };

export function makeTalk({ api, memory, onChange, onNews, onStatus }: Options): Talk {
  let id: string | null = null;
  let byId = new Map<number, Message>();
  let cursor: number | null = null;
  let before: number | null = null;
  let status = unknown;
  let typing: Author | null = null;
  let typingTimer: ReturnType<typeof setTimeout> | undefined;
  let connection: Connection | null = null;
  let isReachable = true;
  let told = 0;

  const sorted = (): Message[] => [...byId.values()].sort((a, b) => a.seq - b.seq);
  const seen = (): number => (id === null ? 0 : (memory.now.seen[id] ?? 0));

  function add(messages: readonly Message[]): void {
    for (const message of messages) byId.set(message.id, message);
    // The oldest can be had again by scrolling up.
    for (const { id: old } of sorted().slice(0, -mostKept)) byId.delete(old);
    if (byId.size >= mostKept) before = sorted()[0]?.seq ?? before;
  }

  function setStatus(next: Status): void {
    const isNew = JSON.stringify(next) !== JSON.stringify(status);
    status = next;
    if (isNew) onStatus(next);
  }

  function page({ data, next_cursor, prev_cursor, status: next }: Messages): void {
    const isFirst = cursor === null;
    add(data);
    cursor = Math.max(cursor ?? 0, next_cursor);
    if (isFirst) before = prev_cursor;
    setStatus(next);
    onChange();
  }

  async function catchUp(): Promise<boolean> {
    const at = id;
    for (let pages = 0; pages < 20; pages += 1) {
      const answer = await api.call<Messages>('GET', `/conversations/${at}/messages?limit=${pageSize}${cursor === null ? '' : `&cursor=${cursor}`}`);
      if (!answer.ok) {
        if (answer.status === 404 && id === at) forget();
        return false;
      }
      if (id !== at) return true;
      const wasKnown = cursor !== null;
      const fresh = answer.value.data.filter((one) => !byId.has(one.id));
      page(answer.value);
      if (wasKnown) for (const message of fresh) tell(message);
      if (!wasKnown || answer.value.data.length < pageSize) return true;
    }
    return true;
  }

  /** The server knows it no longer: it was erased, or the key is another's. */
  function forget(): void {
    memory.keep({ talk: null });
    open(null);
    onChange();
  }

  function tell(message: Message): void {
    if (message.direction !== 'outbound' || message.seq <= Math.max(told, seen())) return;
    told = message.seq;
    onNews(message);
  }

  // What is not here shows nothing.
  const takers: { [Name in keyof StreamEvents]?: (data: StreamEvents[Name]) => void } = {
    snapshot: page,
    message(message) {
      const isNew = !byId.has(message.id);
      add([message]);
      if (message.direction === 'outbound') typing = null;
      if (isNew) tell(message);
    },
    'message.updated': ({ id: at, input_open, status: next }) => {
      const old = byId.get(at);
      if (old) byId.set(at, { ...old, status: next, input: old.input && { ...old.input, open: input_open } });
    },
    status: setStatus,
    typing({ on, author }) {
      typing = on ? author : null;
      clearTimeout(typingTimer);
      typingTimer = setTimeout(() => {
        typing = null;
        onChange();
      }, typingMs);
    },
    read({ up_to }) {
      for (const message of byId.values()) if (message.direction === 'inbound' && message.seq <= up_to) byId.set(message.id, { ...message, status: 'read' });
    },
    resync: () => void catchUp(),
  };

  function take({ name, data, id: number }: StreamEvent): void {
    takers[name as keyof StreamEvents]?.(data as never);
    if (number !== null) cursor = Math.max(cursor ?? 0, number);
    onChange();
  }

  function open(next: string | null): void {
    connection?.close();
    connection = null;
    id = next;
    byId = new Map();
    cursor = before = typing = null;
    status = unknown;
    told = 0;
    if (next !== null) start(next);
    onChange();
  }

  function start(talk: string): void {
    const onReachable = (now: { isReachable: boolean }): void => {
      const isNew = now.isReachable !== isReachable;
      isReachable = now.isReachable;
      if (isNew) onChange();
    };
    connection = connect({ api, talk, cursor: () => cursor, take, catchUp, onReachable });
  }

  return {
    shown() {
      const pending = memory.now.outbox.filter((one) => one.talk === id);
      const confirmed = sorted();
      const arrived = new Set(confirmed.map((one) => one.client_id));
      return [...confirmed, ...pending.filter((one) => !arrived.has(one.clientId)).map(shownOf)];
    },
    status: () => status,
    typing: () => typing,
    unread: () => sorted().filter((one) => one.direction === 'outbound' && one.seq > seen()).length,
    hasOlder: () => before !== null,
    isReachable: () => isReachable,
    isLeader: () => connection?.isLeader() ?? true,
    async older() {
      const at = id;
      const answer = await api.call<Messages>('GET', `/conversations/${at}/messages?limit=${pageSize}&before=${before}`);
      if (!answer.ok || id !== at) return;
      for (const message of answer.value.data) byId.set(message.id, message);
      before = answer.value.prev_cursor;
      onChange();
    },
    open,
    opened(opened) {
      if (id === null) {
        id = opened.conversation_token;
        byId = new Map();
        add(opened.data);
        cursor = opened.cursor;
        setStatus(opened.status);
        for (const message of opened.data) tell(message);
        start(id);
      }
      onChange();
    },
    add(messages) {
      add(messages);
      onChange();
    },
    markRead() {
      const last = sorted().findLast((one) => one.direction === 'outbound')?.seq ?? 0;
      if (id === null || last <= seen()) return;
      const at = id;
      memory.keep(({ seen: all }) => ({ seen: { ...all, [at]: last } }));
      void api.call('POST', `/conversations/${id}/read`, { up_to: last });
      onChange();
    },
    close: () => connection?.close(),
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

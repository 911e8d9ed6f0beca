// What was written and is not confirmed: sent in order, again and again until the server has it or refuses it. Each has
// a `client_id`, so that one that arrived twice is one.
import type { Answer, Api } from '../../api.ts';
import { type Pending, type Remembered, randomToken } from '../../memory.ts';
import { backOff } from '../../talk/connection.ts';
import type { Message, Opened, Opening } from '../../wire.ts';

export type Outbox = {
  add(pending: Omit<Pending, 'clientId' | 'at' | 'talk'>): void;
  flush(): void;
  retry(clientId: string): void;
  drop(clientId: string): void;
  hasRoom(): boolean;
  close(): void;
};

type Options = {
  api: Api;
  memory: Remembered;
  onOpened(opened: Opened): void;
  onSent(talk: string, message: Message): void;
  onFailed(pending: Pending): void;
  onChange(): void;
};

const mostPending = 50;
const mostOpeningTries = 3;

export function makeOutbox(options: Options): Outbox {
  const { memory, onFailed } = options;
  let isBusy = false;
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const { keep, change } = editing(options);

  function refuse(pending: Pending, error: string): void {
    change(pending.clientId, (one) => ({ ...one, error }));
    onFailed({ ...pending, error });
  }

  async function flush(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    clearTimeout(timer);
    for (let left = mostPending * 2; left > 0; left -= 1) {
      const next = memory.now.outbox.find((one) => one.error === undefined && (one.opening || one.talk !== null));
      if (!next) break;
      const answer = await post(options, next);
      if (answer.ok) {
        tries = 0;
        arrived(options, next, answer.value);
        keep((all) => all.filter((one) => one.clientId !== next.clientId));
      } else if (answer.status === 409 && next.opening && !next.opening.another && tries < mostOpeningTries) {
        tries += 1;
        change(next.clientId, asAnother);
      } else if (answer.status === 0 || answer.status === 429 || answer.status >= 500) {
        tries += 1;
        timer = setTimeout(() => void flush(), answer.retryMs || backOff(tries));
        break;
      } else refuse(next, answer.error || String(answer.status));
    }
    isBusy = false;
  }

  const again = (): void => {
    tries = 0;
    void flush();
  };
  window.addEventListener('online', again);
  return {
    hasRoom: () => memory.now.outbox.length < mostPending,
    add(more) {
      const pending: Pending = { ...more, clientId: randomToken(12), at: Date.now(), talk: memory.now.talk };
      // Never the oldest instead: it may be the one that opens the conversation of all the others.
      if (memory.now.outbox.length >= mostPending) return onFailed({ ...pending, error: 'Too many messages wait to be sent' });
      keep((all) => [...all, pending]);
      void flush();
    },
    flush: () => void flush(),
    retry(clientId) {
      change(clientId, ({ error: _, ...one }) => one);
      again();
    },
    drop(clientId) {
      keep((all) => withoutOne(all, clientId));
      void flush();
    },
    close() {
      clearTimeout(timer);
      window.removeEventListener('online', again);
    },
  };
}

function editing({ memory, onChange }: Options) {
  const keep = (by: (outbox: Pending[]) => Pending[]): void => {
    memory.keep(({ outbox }) => ({ outbox: by(outbox) }));
    onChange();
  };
  const change = (clientId: string, by: (pending: Pending) => Pending): void => keep((all) => all.map((one) => (one.clientId === clientId ? by(one) : one)));
  return { keep, change };
}

function arrived({ memory, onOpened, onSent }: Options, pending: Pending, value: Opened | Message): void {
  if (!('conversation_token' in value)) {
    onSent(pending.talk ?? '', value);
    return;
  }
  const talk = value.conversation_token;
  // What was written while it was being opened belongs to it.
  memory.keep(({ outbox }) => ({ talk, outbox: outbox.map((one) => (one.talk === null && !one.opening ? { ...one, talk } : one)) }));
  onOpened(value);
}

/** Its visitor has a conversation already: it opens one more. */
function asAnother(one: Pending): Pending {
  return { ...one, opening: { visitor_token: '', ...one.opening, client_id: '', another: true } };
}

/** With the message that was to open it goes what was written after it: the next one opens the conversation instead. */
function withoutOne(outbox: readonly Pending[], clientId: string): Pending[] {
  const opening = outbox.find((one) => one.clientId === clientId)?.opening;
  const heir = opening && outbox.find((one) => one.talk === null && !one.opening);
  return outbox.filter((one) => one.clientId !== clientId).map((one) => (opening && one === heir ? openingWith(one, opening) : one));
}

function openingWith({ sending, ...one }: Pending, opening: Opening): Pending {
  const { message: _, payload: __, ...rest } = opening;
  const { message, payload } = sending ?? {};
  return { ...one, opening: { ...rest, ...(message && { message }), ...(payload && { payload }) } };
}

function post({ api, memory }: Pick<Options, 'api' | 'memory'>, pending: Pending): Promise<Answer<Opened | Message>> {
  const { opening, form, sending, talk, clientId } = pending;
  const { token, name, email, consent } = memory.now;
  if (opening)
    return api.call('POST', '/conversations', {
      ...{ ...opening, client_id: clientId, visitor_token: token },
      ...(name && { name }),
      ...(email && { email }),
      ...(consent && { consent }),
    });
  return api.call('POST', `/conversations/${talk}/${form ? 'forms' : 'messages'}`, { ...(form ?? sending), client_id: clientId });
}

// What a page says of a visitor or of their conversation. Before there is one nobody knows whom it is about: it waits, in
// order, until the conversation begins, and is forgotten with the page.
import { type Answer, noAnswer } from '../api.ts';
import type { Desk, Parts, Values } from '../parts.ts';

const mostWaiting = 50;

export type Following = {
  tell(what: 'attributes' | 'labels', body: object): Promise<boolean>;
  track(name: string, properties?: Values): Promise<boolean>;
  forget(): void;
};

export function makeFollowing({ api, talk, memory, host }: Parts, desk: Desk): Following {
  let waiting: (() => Promise<void>)[] = [];
  const told = (answer: Answer<unknown>): boolean => {
    if (!answer.ok) host.emit('error', { error: answer.error, status: answer.status });
    return answer.ok;
  };
  const wait = (act: () => Promise<boolean>): Promise<boolean> =>
    new Promise((resolve) => {
      if (waiting.length >= mostWaiting) return resolve(told({ ...noAnswer, error: `At most ${mostWaiting} wait for the conversation` }));
      waiting.push(async () => resolve(await act()));
    });
  const goOn = async (): Promise<void> => {
    for (const act of waiting.splice(0)) await act();
  };
  desk.watch(() => void (talk.id() !== null && goOn()));

  async function tell(what: 'attributes' | 'labels', body: object): Promise<boolean> {
    const id = talk.id();
    if (id === null) return wait(() => tell(what, body));
    return told(await api.call('POST', `/conversations/${id}/${what}`, body));
  }

  async function track(name: string, properties: Values = {}): Promise<boolean> {
    const { token } = memory.now;
    // Whoever has said nothing yet is nobody the server knows.
    if (token === null) return wait(() => track(name, properties));
    const answer = await api.call('POST', '/events', { name, properties }, token);
    return !answer.ok && answer.status === 404 && talk.id() === null ? wait(() => track(name, properties)) : told(answer);
  }

  return {
    tell,
    track,
    forget() {
      waiting = [];
    },
  };
}

// What a page hears of besides messages: who types, that people have the conversation now, which of them. Told when it
// changes before the visitor's eyes, not when a page finds it so.
import type { Parts } from '../../parts.ts';
import { unknown } from '../../talk/talk.ts';
import type { Author, Status } from '../../wire.ts';

export function makeSignals({ talk, host }: Pick<Parts, 'talk' | 'host'>): () => void {
  let at: string | null = null;
  let typing: Author | null = null;
  let status: Status | null = null;
  return () => {
    if (talk.typing !== typing) {
      host.emit('typing', { on: talk.typing !== null, author: talk.typing ?? typing });
      typing = talk.typing;
    }
    const before = at === talk.id() ? status : null;
    const now = talk.status;
    if (now === before) return;
    [at, status] = [talk.id(), now === unknown ? null : now];
    if (!before || !status) return;
    if (before.handled_by === 'bot' && now.handled_by !== 'bot' && now.state === 'open') host.emit('handoff', { to: now.handled_by });
    if (now.agent && now.agent.name !== before.agent?.name) host.emit('agent', now.agent);
  };
}

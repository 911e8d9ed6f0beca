// Who the page says the visitor is, told to the server as soon as there is something to connect it with.
import { randomToken } from '../memory.ts';
import type { Parts } from '../parts.ts';
import type { Identified } from '../wire.ts';

/** A verified person gets the token that their conversations open with on every device. */
export async function identifyNow(parts: Parts): Promise<boolean> {
  const { host, state, api, memory, talk, frame } = parts;
  const { who } = state;
  if (!who) return false;
  const { name, email, signature } = who;
  const known = { ...(name && { name }), ...(email && { email }) };
  if (!signature && talk.id() === null) {
    // What is only said is said of a conversation. Until there is one nobody has to be asked what is known already.
    memory.keep(known);
    return false;
  }
  state.who = null;
  const token = memory.now.token ?? randomToken();
  const answer = await api.call<Identified>('POST', '/identify', { visitor_token: token, ...who, attributes: { ...state.attributes, ...who.attributes } });
  if (!answer.ok) {
    state.who ??= who;
    host.emit('error', { error: answer.error, status: answer.status });
    return false;
  }
  memory.begin();
  const { visitor_token, verified } = answer.value;
  const isOther = visitor_token !== memory.now.token;
  memory.keep({ token: visitor_token, ...known, ...(isOther && { talk: null }) });
  if (isOther) {
    talk.open(null);
    await frame.rebuild();
  }
  host.emit('identify', { verified });
  return verified;
}

// THE LIST of effects that leave the process. One performer each, in effects/; what an ask has no performer for goes back
// as a failure, and the flow takes its error way.
import type { OutsideAsk } from '@parley/engine/effect.ts';
import type { Value } from '@parley/engine/expression/value.ts';
import type { App } from './app.ts';
import { code } from './effects/code.ts';
import { email } from './effects/email.ts';
import { postWebhook } from './effects/webhook.ts';

export type Performed = { ok: boolean; values: { [name: string]: Value } };

/** What the job hands over: whose it is, its key (the same at every attempt), and whom mail comes from. */
export type Errand = { workspaceId: number; key: string; mailFrom: string | null };

export type Effect<A extends OutsideAsk['ask']> = {
  ask: A;
  /** Off until a workspace's setting of this name is true. */
  setting?: { name: string; whenOff: string };
  /** Whether doing it twice is as good as once: only then it is done again when a worker has died with it. */
  isRepeatable?(ask: Extract<OutsideAsk, { ask: A }>): boolean;
  /** Does it once. Throws only when it is certain that nothing happened, so that trying again is safe. */
  perform(app: App, ask: Extract<OutsideAsk, { ask: A }>, errand: Errand): Promise<Performed>;
};

export type AnyEffect = { [A in OutsideAsk['ask']]: Effect<A> }[OutsideAsk['ask']];

export const effects: AnyEffect[] = [code, email];

/** What leaves the process and no block asks for: jobs of our own do. */
export const deliveries = { webhook: postWebhook };

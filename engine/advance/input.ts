// What can happen to a session, and where it finds the flows it runs.
import type { Value } from '../expression/value.ts';
import type { Flow } from '../flow.ts';
import type { Reply } from '../message.ts';
import type { Vars } from '../session.ts';
import type { LateWords } from './late.ts';

export type Flows = {
  /** The version that is live: what a call begins. */
  live(slug: string): { version: number; flow: Flow } | null;
  /** The version a session is inside of, whatever is live by now. */
  pinned(slug: string, version: number): Flow | null;
};

/** Each in its only version: documents beside each other, as in the terminal and the preview. */
export function onlyVersions(flows: { [slug: string]: Flow }): Flows {
  const flowOf = (slug: string): Flow | null => (Object.hasOwn(flows, slug) ? flows[slug] : null) ?? null;
  return {
    live: (slug) => {
      const flow = flowOf(slug);
      return flow && { version: 1, flow };
    },
    pinned: (slug, version) => (version === 1 ? flowOf(slug) : null),
  };
}

export type Input =
  /** `pressed`: it begins where this button leads. */
  | { kind: 'start'; at?: string; pressed?: { at: string; id: string }; reply?: Reply; params?: Vars; vars?: Vars }
  | { kind: 'reply'; reply: Reply }
  /** A reply came so late that the person is asked whether to go on; it answers nothing. */
  | { kind: 'late'; words: LateWords }
  | { kind: 'timer'; wait: string }
  | { kind: 'answer'; id: string; ok: boolean; values: { [name: string]: Value } }
  | { kind: 'webhook'; token: string; data: Value; isSigned?: boolean }
  | { kind: 'human'; outcome: 'resolved' | 'no_agent' | 'timeout' }
  /** Sent to a block from outside: an agent hands back here, an API call sends a node. */
  | { kind: 'jump'; at: string };

// What can happen to a session.
import type { Value } from '../expression/value.ts';
import type { Flow } from '../flow.ts';
import type { Reply } from '../message.ts';
import type { Vars } from '../session.ts';

export type Flows = { [slug: string]: Flow };

export type Input =
  | { kind: 'start'; at?: string; reply?: Reply; params?: Vars }
  | { kind: 'reply'; reply: Reply }
  | { kind: 'timer'; wait: string }
  | { kind: 'answer'; id: string; ok: boolean; values: { [name: string]: Value } }
  | { kind: 'webhook'; token: string; data: Value }
  | { kind: 'human'; outcome: 'resolved' | 'no_agent' | 'timeout' }
  /** Sent to a block from outside: an agent hands back here, an API call sends a node. */
  | { kind: 'jump'; at: string };

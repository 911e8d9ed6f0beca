// What each role may do, so that the console offers nobody what the server would refuse. The server decides; this is
// its table (server/auth.ts) told once more.

export const roles = ['owner', 'admin', 'builder', 'agent', 'viewer'] as const;
export type Role = (typeof roles)[number];

export const scopes = ['Manage Flow', 'Manage Team', 'Send Message', 'chats:read', 'chats:write'] as const;
export type Scope = (typeof scopes)[number];

export const scopesOfRole: Record<Role, readonly Scope[]> = {
  owner: scopes,
  admin: scopes,
  builder: ['Manage Flow', 'Send Message', 'chats:read', 'chats:write'],
  agent: ['Send Message', 'chats:read', 'chats:write'],
  viewer: ['chats:read'],
};

const admins: readonly Role[] = ['owner', 'admin'];
const builders: readonly Role[] = ['owner', 'admin', 'builder'];

const senders: readonly Role[] = ['owner', 'admin', 'builder', 'agent'];

const allowed = {
  'conversations.answer': senders,
  'sites.write': builders,
  'marks.write': builders,
  'subscribers.write': builders,
  'subscribers.mark': senders,
  'bots.rename': builders,
  'bots.create': admins,
  'members.manage': admins,
  'owners.make': ['owner'],
  'settings.write': admins,
  'audit.read': admins,
  'workspace.delete': ['owner'],
} as const satisfies Record<string, readonly Role[]>;

export type Act = keyof typeof allowed;

export function may(role: Role, act: Act): boolean {
  return (allowed[act] as readonly Role[]).includes(role);
}

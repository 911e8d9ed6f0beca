// What /v1 answers, as far as the console reads it. Written by hand until it is generated from openapi.json.
import type { Role, Scope } from '../roles.ts';

export type List<T> = { data: T[]; next: string | null };

export type Scheme = 'light' | 'dark' | 'auto';
export type Preferences = { language: string; scheme: Scheme };

export type MyBot = { id: number; flow_ns: string; name: string; type: string };
export type MyWorkspace = { id: number; name: string; image: string | null; role: Role; bots: MyBot[] };

export type Me = {
  id: number;
  name: string;
  email: string;
  image: string | null;
  preferences: Preferences;
  workspaces: MyWorkspace[];
  is_installation_owner: boolean;
};

export type SignIn = { created_at: number; seen_at: number; ip: string | null; agent: string | null; current: boolean };

export type Workspace = { id: number; name: string; image: string | null; role: Role; created_at: number; bots: number };
export type Bot = { id: number; flow_ns: string; name: string; type: string; created_at: number };
export type Member = { id: number; name: string; email: string; image: string | null; role: Role; created_at: number };
export type Invite = { id: number; email: string; role: Role; expires_at: number };
export type NewInvite = Invite & { link: string };
export type InviteLook = { workspace: string; email: string; role: Role; has_account: boolean };

export type Key = {
  id: number;
  name: string;
  prefix: string;
  workspace: number;
  bot: string | null;
  scopes: Scope[];
  quota_per_hour: number;
  owner: { id: number; name: string };
  environment: 'live' | 'test';
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
};
export type NewKey = Key & { key: string };

export type SiteValues = {
  name: string;
  greeting: string;
  auto_reply: string | null;
  origins: string[];
  author_label: string;
  shared_network: boolean;
  anonymous: boolean;
};
export type Site = SiteValues & { id: number; site_key: string; bot: string; flow: string | null; rev: number; created_at: number; updated_at: number };

export type Fact = {
  id: number;
  kind: string;
  at: number;
  actor: { kind: 'account' | 'key' | 'operator' | 'system'; id: number | null; name: string };
  subject: string;
  data: Record<string, unknown>;
  ip: string | null;
  request_id: string | null;
};

export type Settings = { name: string; image: string | null; timezone: string; language: string; currency: string };

export type BrandSettings = {
  name: string;
  logo: string | null;
  color: string;
  favicon: string | null;
  support_url: string | null;
  mail_from: string | null;
};

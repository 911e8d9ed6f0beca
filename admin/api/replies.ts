// What /v1 answers, as far as the console reads it. Written by hand until it is generated from openapi.json.
import type { Message, Reply } from '@parley/engine/message.ts';
import type { Role, Scope } from '../roles.ts';

export type List<T> = { data: T[]; next: string | null };

export type Scheme = 'light' | 'dark' | 'auto';
/** `sound` and `notices`: how the inbox calls. */
export type Preferences = { language: string; scheme: Scheme; sound: boolean; notices: boolean };

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
  rate_per_minute: number | null;
  flows: string[] | null;
  status_vocabulary: 'usual' | 'legacy';
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
  mute_suspected: boolean;
  anonymous: boolean;
};
export type SiteTheme = { color: string | null; scheme: 'auto' | 'light' | 'dark'; side: 'start' | 'end'; radius: number; launcher: string | null };
export type Asked = 'hidden' | 'optional' | 'required';
export type SiteSettings = { theme: SiteTheme; pre_chat: { name: Asked; email: Asked; consent: string | null }; starters: string[]; sound: boolean };
export type Site = SiteValues &
  SiteSettings & { id: number; site_key: string; bot: string; flow: string | null; rev: number; created_at: number; updated_at: number };

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

export type Span = { from: string; to: string };
export type Settings = {
  name: string;
  image: string | null;
  timezone: string;
  language: string;
  currency: string;
  business_hours: (Record<'1' | '2' | '3' | '4' | '5' | '6' | '7', Span[]> & { dates?: Record<string, Span[]> }) | null;
  open: { is_open: boolean; until: number | null };
  command_words: Record<'restart' | 'stop' | 'agent' | 'menu', string[]>;
  fallback_text: string;
};

/** A tag or a label. */
export type Mark = { id: number; name: string; subscribers: number; created_at: number };

export type Field = {
  id: number;
  owner: 'user' | 'bot';
  name: string;
  type: 'text' | 'longtext' | 'number' | 'boolean' | 'date' | 'datetime' | 'array';
  description: string;
  display: 'default' | 'pin' | 'hidden';
  value: string;
};

export type BrandSettings = {
  name: string;
  logo: string | null;
  color: string;
  favicon: string | null;
  support_url: string | null;
  mail_from: string | null;
};

export type View = 'mine' | 'unassigned' | 'all' | 'bot' | 'closed';
export type ConversationCounts = Record<View | 'waiting', number> & { latest: Waiting | null };
/** Of those that wait the one that wrote last. */
export type Waiting = { conversation: number; message: number; name: string; text: string };
export type Direction = 'in' | 'out' | 'note';
export type Author = { kind: 'subscriber' | 'bot' | 'agent'; id: number | null; name: string };

export type Conversation = {
  id: number;
  channel: string;
  status: string;
  subscriber: { id: number; user_ns: string; name: string; email: string | null; image: string | null };
  assignee: number | null;
  handler: 'bot' | 'people';
  taken_at: number | null;
  waiting_since: number | null;
  /** Since when it calls nobody; null = it does. */
  muted_at: number | null;
  unread: number;
  last_message: { text: string; direction: Direction; author: Author } | null;
  /** Of a search: what was said, and where the words stand in it; null when it was the person who was found. */
  hit?: { message: number; text: string; marks: [number, number][] } | null;
  session: number | null;
  seq: number;
  messages: number;
  last_message_at: number | null;
  opened_at: number;
  closed_at: number | null;
  created_at: number;
};

/** How a conversation on a website began, as the browser told it. */
export type Visit = Record<'url' | 'title' | 'referrer' | 'locale' | 'time_zone' | 'browser' | 'consent', string | null> & {
  marks: string[];
  said: Record<string, string | number | boolean | null>;
};

export type ConversationMessage = {
  id: number;
  seq: number;
  direction: Direction;
  text: string;
  body: MessageBody;
  attachments: Attachment[];
  author: Author;
  created_at: number;
};

export type Attachment = {
  id: string;
  name: string;
  type: string;
  kind: 'image' | 'video' | 'audio' | 'file';
  size: number;
  url: string;
  view_url: string | null;
};

/** What came in has no kind. */
export type MessageBody = Message | ({ kind?: undefined } & Reply);

export type ConversationAct = {
  seq: number;
  at: number;
  data: { act: 'taken' | 'handed_back' | 'opened' | 'closed' | 'assigned' | 'muted' | 'unmuted'; assignee: number | null; by: Author | null };
};

export type FlowSession = {
  id: number;
  flow: string | null;
  name: string | null;
  version: number;
  status: 'running' | 'waiting' | 'ended' | 'handed_off' | 'failed';
  is_stopped: boolean;
  at: { flow: string; name: string; block: string };
  wait: { kind: 'reply' | 'timer' | 'webhook' | 'effect' | 'human'; block: string; until: number | null } | null;
  vars: Record<string, unknown>;
  /** What is named here, in words. */
  blocks: Record<string, BlockWords>;
  /** Whose blocks a hand-back may name. */
  hand_back: { flow: string; version: number } | null;
  started_at: number;
  updated_at: number;
  trace: { at: number; block: string; port: string; set: Record<string, string>; reason: string | null }[];
};

export type BlockWords = { group: string; label: string; says: string | null };

export type FlowVersion = { document: { groups: Record<string, { title?: string; blocks: { id: string; type: string; text?: unknown }[] }> } };

export type Subscriber = {
  id: number;
  channel: string;
  name: string;
  email: string | null;
  phone: string | null;
  language: string | null;
  country: string | null;
  time_zone: string | null;
  image: string | null;
  user_ns: string;
  last_interaction_at: number | null;
  paused_until: number | null;
  tags: string[];
  labels: string[];
  fields: Record<string, string>;
  created_at: number;
  first_name: string | null;
  last_name: string | null;
};

export type SubscriberNote = { id: number; conversation: number; text: string; author: { id: number | null; name: string }; created_at: number };

export type CannedReply = { id: number; shortcut: string; text: string; created_at: number; updated_at: number };

/** Somebody does something in a conversation at this moment. */
export type Sign = { conversation: number; who: { kind: 'agent' | 'subscriber'; id: number | null; name: string }; on: boolean };

/** Somebody is on the website at this moment; null: on the page that was told last. */
export type PresentSign = { conversation: number; page?: { url: string; title: string } | null };

// What the widget and the server say to each other beyond the five calls (`?v=2`). The server's schemas and
// docs/openapi/widget.json are the same shapes; a test beside the door holds both together.

/** Times are milliseconds UTC. Of a conversation the id is the token that opens it. */
export type Author = { kind: 'visitor' | 'bot' | 'agent'; name: string; avatar: string | null };

export type Attachment = { id: string; name: string; type: string; size: number; kind: 'image' | 'video' | 'audio' | 'file'; url: string };

export type Button = { id: string; label: string; payload: string; url: string | null; phone: string | null };
export type Choice = { id: string; label: string; payload: string };
export type Card = { id: string; title: string; text: string; image: string | null; buttons: Button[] };

export type AskKind =
  | 'text'
  | 'number'
  | 'email'
  | 'phone'
  | 'url'
  | 'date'
  | 'time'
  | 'choice'
  | 'multi'
  | 'file'
  | 'location'
  | 'rating'
  | 'confirm'
  | 'contact';

export type FormField = { id: string; kind: AskKind; label: string; required: boolean; choices: Choice[] };

/** What a message asks for; `open` while an answer to it is still awaited. */
export type Input = {
  kind: AskKind | 'form';
  open: boolean;
  choices: Choice[];
  fields: FormField[];
  placeholder: string | null;
  accept: string[];
  max_bytes: number | null;
  min: number | null;
  max: number | null;
  can_skip: boolean;
  skip_label: string | null;
};

export type Message = {
  id: number;
  seq: number;
  client_id: string | null;
  direction: 'inbound' | 'outbound';
  type: 'text' | 'media' | 'cards' | 'location';
  /** The small markup of engine/message.ts; text as it is on inbound. */
  body: string;
  author: Author;
  timestamp: number;
  attachments: Attachment[];
  buttons: Button[];
  cards: Card[];
  input: Input | null;
  location: { lat: number; lng: number; name: string; address: string } | null;
  /** Of an inbound one: `read` once an agent has looked. */
  status: 'sent' | 'read';
};

/** GET /config?v=2 */
export type Config = {
  greeting: string;
  name: string;
  /** Null where the installation's brand says so. */
  powered_by: { name: string; url: string | null } | null;
  /** Somebody is there, or hours are not kept. */
  online: boolean;
  author: { name: string; avatar: string | null };
  theme: { color: string; scheme: 'auto' | 'light' | 'dark'; side: 'start' | 'end'; radius: number; launcher: string | null };
  pre_chat: { name: 'hidden' | 'optional' | 'required'; email: 'hidden' | 'optional' | 'required'; consent: string | null };
  starters: string[];
  sound: boolean;
  identity: 'off' | 'optional' | 'enforced';
  limits: { message: number; files: number; file_bytes: number; file_types: string[] };
  /** Goes with the first message: signed, good for an hour. */
  nonce: string;
};

/** POST /conversations?v=2 → 201, and again with the same `client_id` the same. */
export type Opening = {
  visitor_token: string;
  client_id: string;
  message?: string;
  payload?: string;
  name?: string;
  email?: string;
  consent?: boolean;
  nonce?: string;
  /** The value of a field that no person sees. */
  website?: string;
  context?: { url?: string; title?: string; referrer?: string; locale?: string; tz?: string; ref?: string };
  attributes?: { [name: string]: string | number | boolean | null };
  /** A flow of the bot to begin with, by its slug. */
  flow?: string;
  /** Another conversation of a visitor who has one already. */
  another?: boolean;
};
export type Opened = { conversation_token: string; cursor: number; data: Message[]; status: Status };

/** GET /conversations?v=2 with `Authorization: Visitor <visitor_token>`: newest first. */
export type ConversationSummary = { id: string; status: Status; last: string; last_at: number; unread: number };
export type Conversations = { data: ConversationSummary[] };

/** GET …/messages?v=2&cursor=&before=&limit= : after a cursor oldest first; without one the newest page, oldest first. */
export type Messages = { data: Message[]; next_cursor: number; prev_cursor: number | null; status: Status };

/** POST …/messages?v=2 → 201 with the message; a repeat of `client_id` replays it. */
export type Sending = {
  client_id: string;
  message?: string;
  /** Of a pressed button or choice; `message` is then its label. */
  payload?: string;
  attachments?: string[];
  location?: { lat: number; lng: number };
};

/** POST …/forms?v=2, of a form, of several choices (`choices`) or of contact details (`name`, `email`, `phone`) → 201 with the message it became; 422 with `field`. */
export type FormAnswer = { client_id: string; message_id: number; values: { [field: string]: string | string[] | number | boolean } };

/** POST …/files?v=2 (multipart, one part `file`) → 201; goes along with a message afterwards. */
export type Uploaded = Attachment;

/** POST /events {name, properties} with `Authorization: Visitor <visitor_token>` → 204: something that happened on the page. */

/** POST …/presence {url, title} → 204 · POST …/attributes {of: 'visitor' | 'conversation', attributes} → 204 · POST …/labels {add, remove} → 204 */

/** POST …/typing {on} → 204 · POST …/read {up_to: seq} → 204 · POST …/close → 204 · GET …/transcript → text/plain */

/** POST /identify: the signature is the HMAC-SHA256 (hex) of user_id under the site's secret. */
export type Identify = { visitor_token: string; user_id: string; signature?: string; name?: string; email?: string; attributes?: Opening['attributes'] };
/** Of a verified person: the token their conversations open with from now on, on whatever device. */
export type Identified = { visitor_token: string; verified: boolean; cursor: number };

/** DELETE /visitor → 204 · GET /visitor/export → JSON, both with `Authorization: Visitor <visitor_token>`. */

export type Status = { state: 'open' | 'closed'; handled_by: 'bot' | 'queue' | 'agent'; agent: Author | null };

/** GET …/stream?v=2 (text/event-stream; `Last-Event-ID` or `?cursor=`). The id of an event is its seq; what is told once has none. */
export type StreamEvents = {
  /** First of all, when no cursor was given. */
  snapshot: Messages;
  message: Message;
  /** An input was answered, or read state changed. */
  'message.updated': { id: number; input_open: boolean; status: 'sent' | 'read' };
  status: Status;
  typing: { on: boolean; author: Author };
  /** An agent has the conversation before them, or no longer. */
  presence: { on: boolean; author: Author };
  read: { up_to: number };
  /** A block of the flow has said something. */
  'flow-step': { flow: string | null; block: string; message: number };
  'flow-end': { flow: string | null; status: 'ended' | 'failed' };
  /** Come back after so long. */
  reconnect: { after_ms: number };
  /** Numbers were missed: read the messages again from the cursor you have. */
  resync: Record<never, never>;
};

/** The first key is what the five calls say; the rest is for programs. */
export type Refusal = { error: string; code: string; field: string | null; request_id: string };

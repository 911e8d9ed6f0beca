// What the launcher hands to the chat it loads, and what the chat gives back. Types only: the two are built apart.

export type Theme = { color?: string; radius?: number; side?: 'start' | 'end'; launcher?: string | null };

export type Host = {
  root: ShadowRoot;
  element: HTMLElement;
  siteKey: string;
  /** Where the script came from, with a slash at the end: the API is there too. */
  base: string;
  /** Of the script tag or of `init`. */
  options: { locale?: string; scheme?: string };
  emit(name: string, detail?: unknown): void;
  /** What the button shows: whether it closes, how many messages wait, what it is called; and a line beside it. */
  show(state: { isOpen?: boolean; unread?: number; label?: string; note?: string }): void;
  paint(theme: Theme): void;
};

/** By the names of the public methods; those that the launcher answers itself are not among them. */
export type Chat = { [method: string]: (...args: never[]) => unknown };

export type ChatModule = { startChat(host: Host): Chat };

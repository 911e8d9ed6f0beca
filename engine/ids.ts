// The readable ids of the platform family: `f12` is a bot, `f12t7` the tag 7 of bot 12. Rendered from integers,
// never stored. A new kind is one line.
export const idLetters = {
  sub_flow: 's',
  subscriber: 'u',
  tag: 't',
  field: 'v',
  node: 'n',
  segment: 'sg',
  event: 'e',
  ai_agent: 'ag',
  ai_task: 'at',
  widget: 'w',
  note: 'cn',
  broadcast: 'b',
} as const;

export type IdKind = keyof typeof idLetters;

export function botNs(botId: number): string {
  return `f${botId}`;
}

export function ns(kind: IdKind, botId: number, id: number): string {
  return `f${botId}${idLetters[kind]}${id}`;
}

// No leading zero, so that a thing has one id and not many; at most 15 digits, so that every one is an exact integer.
const number = '([1-9]\\d{0,14})';
const botPattern = new RegExp(`^f${number}$`);
const thingPattern = new RegExp(`^f${number}([a-z]{1,2})${number}$`);

/** The bot's number, or null when the text is not a bot's id. */
export function parseBotNs(text: string): number | null {
  const found = botPattern.exec(text);
  return found ? Number(found[1]) : null;
}

/** The number of a thing of this bot; null for another kind, another bot, or no id at all: all just "not found". */
export function parseNs(kind: IdKind, botId: number, text: string): number | null {
  const found = thingPattern.exec(text);
  if (!found || Number(found[1]) !== botId || found[2] !== idLetters[kind]) return null;
  return Number(found[3]);
}

// What a bot says and what a person replies, in one shape for every channel. Channels render it; nobody else invents
// another form.
import type { Value } from './expression/value.ts';

export type Button = { id: string; label: string; payload: string; url?: string; phone?: string };
export type Choice = { id: string; label: string; payload: string };
/** A choice as it waits: what it shows, what a press carries, what is saved. */
export type WaitingChoice = Choice & { value: Value };

export type MediaKind = 'image' | 'video' | 'audio' | 'file' | 'sticker';
export type Card = { id: string; title: string; text?: string; image?: string; buttons: Button[] };

export const askKinds = [
  'text',
  'number',
  'email',
  'phone',
  'url',
  'date',
  'time',
  'choice',
  'multi',
  'file',
  'location',
  'rating',
  'confirm',
  'contact',
] as const;
export type AskKind = (typeof askKinds)[number];

export type FormField = { id: string; kind: AskKind; label: string; required: boolean; choices: Choice[] };

/** What the visitor is asked for with a message; a widget shows the fitting control. */
export type InputSpec =
  | {
      kind: AskKind;
      block: string;
      choices: Choice[];
      placeholder?: string;
      accept?: string[];
      maxBytes?: number;
      min?: number;
      max?: number;
      canSkip: boolean;
      skip?: string;
    }
  | { kind: 'form'; block: string; fields: FormField[] };

export type Message =
  | { kind: 'text'; text: string; buttons?: Button[]; input?: InputSpec }
  | { kind: 'media'; media: MediaKind; url: string; alt?: string; caption?: string }
  | { kind: 'cards'; cards: Card[] }
  | { kind: 'location'; lat: number; lng: number; name?: string; address?: string }
  | { kind: 'template'; name: string; language: string; params: { [name: string]: Value } }
  | { kind: 'typing'; forMs: number };

/** A file someone sent or a flow holds: a reference, never the bytes. */
export type FileRef = { id: string; name: string; type: string; size: number; url: string };

/** What came in. `payload` is what a pressed button or option carries; text is what the person saw or typed. */
export type Reply = {
  text: string;
  payload?: string;
  files?: FileRef[];
  location?: { lat: number; lng: number; name?: string };
  values?: { [field: string]: Value };
};

const backslashed = /\\([\\`*_~[\]])/g;

/** A message for a channel that knows only text: choices as numbered lines, media as caption and address. */
export function plainText(message: Message): string {
  switch (message.kind) {
    case 'text': {
      const options = message.input && 'choices' in message.input ? message.input.choices : [];
      const fields = message.input?.kind === 'form' ? message.input.fields.map((field) => `${field.label}:`) : [];
      return [plainMarkdown(message.text), ...numbered([...options, ...(message.buttons ?? [])]), ...fields].filter((line) => line !== '').join('\n');
    }
    case 'media':
      return [plainMarkdown(message.caption ?? '') || (message.alt ?? ''), message.url].filter((line) => line !== '').join('\n');
    case 'cards':
      return message.cards
        .map((card) => [card.title, plainMarkdown(card.text ?? ''), ...numbered(card.buttons)].filter((line) => line !== '').join('\n'))
        .join('\n');
    case 'location':
      return [message.name ?? '', message.address ?? '', `${message.lat},${message.lng}`].filter((line) => line !== '').join('\n');
    case 'template':
      return `[${message.name}]`;
    case 'typing':
      return '';
  }
}

function numbered(choices: readonly { label: string; url?: string }[]): string[] {
  return choices.map((one, at) => `${at + 1}. ${one.label}${one.url ? `: ${one.url}` : ''}`);
}

/** Markup away, words kept: links as `label (address)`. */
export function plainMarkdown(text: string): string {
  return text
    .replace(/(?<!\\)\[([^\]\n]*)\]\(([^)\s]*)\)/g, (_all, label: string, url: string) => (label === url ? url : `${label} (${url})`))
    .replace(/(?<!\\)(\*\*|__|~~|\*|_|`)(?=\S)(.+?)(?<=\S)(?<!\\)\1/g, '$2')
    .replace(backslashed, '$1');
}

// A block in the subscriber's language: `texts` names places in it (`group.block.text`, `group.block.options.yes.label`),
// and what is not translated stays as written.
import type { Block } from '../blocks.ts';
import type { Flow, Placed } from '../flow.ts';

// By language of `texts`, never by what a browser claims to speak: a flow has few of the first and anyone can invent the
// second.
const kept = new WeakMap<Flow, Map<string, Block>>();

/** The languages of `texts` that serve this one, from the general to the particular, so that `de-at` wins over `de`. */
function servingLanguages(flow: Flow, language: string): string[] {
  const parts = language.toLowerCase().split('-').slice(0, 4);
  const wanted = parts.map((_, at) => parts.slice(0, at + 1).join('-'));
  return wanted.flatMap((one) => Object.keys(flow.texts ?? {}).filter((name) => name.toLowerCase() === one));
}

export function localized(flow: Flow, placed: Placed, language: string | null): Block {
  if (flow.texts === undefined || language === null || language === flow.lang) return placed.block;
  const languages = servingLanguages(flow, language);
  if (languages.length === 0) return placed.block;
  const key = `${languages.join()} ${placed.at}`;
  const known = kept.get(flow)?.get(key);
  if (known) return known;
  const made = translated(flow, placed, languages);
  const mine = kept.get(flow) ?? new Map<string, Block>();
  kept.set(flow, mine.set(key, made));
  return made;
}

function translated(flow: Flow, placed: Placed, languages: string[]): Block {
  let block: Block = placed.block;
  for (const language of languages) {
    for (const [place, text] of Object.entries(flow.texts?.[language] ?? {})) {
      if (place.startsWith(`${placed.at}.`)) block = replaced(block, place.slice(placed.at.length + 1).split('.'), text) as Block;
    }
  }
  return block;
}

/** A copy with one text replaced; list items are named by their id or their position. */
function replaced(value: unknown, path: string[], text: string): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return typeof value === 'string' ? text : value;
  if (Array.isArray(value))
    return value.map((one, at) => ((one as { id?: unknown } | null)?.id === name || String(at) === name ? replaced(one, rest, text) : one));
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return value;
  return { ...value, [name]: replaced((value as { [key: string]: unknown })[name], rest, text) };
}

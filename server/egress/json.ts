// JSON that strangers wrote, as a value we can keep: not deeper than we can print, and without the characters and keys
// that a database or a later copy cannot bear.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const maxDepth = 64;

/** Undefined when it is no JSON, or nested too deeply to be kept. */
export function readJson(text: string): Json | undefined {
  if (depthOf(text) > maxDepth) return undefined;
  try {
    return JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === 'string') return keptText(value);
      // 1e999 parses to Infinity, which no JSON can say.
      if (typeof value === 'number') return Number.isFinite(value) ? value : null;
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
      return keptKeys(value as { [key: string]: Json });
    }) as Json;
  } catch {
    return undefined;
  }
}

/** Neither U+0000 nor half a character: no database of ours takes them. */
export function keptText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed();
}

function keptKeys(value: { [key: string]: Json }): { [key: string]: Json } {
  const keys = Object.keys(value);
  if (keys.every((key) => key !== '__proto__' && keptText(key) === key)) return value;
  const kept = keys.filter((key) => key !== '__proto__').map((key): [string, Json] => [keptText(key), value[key] ?? null]);
  return Object.fromEntries(kept.filter(([key]) => key !== '__proto__'));
}

// Before parsing: V8 parses a nesting that it cannot print, and the reviver would overflow on it.
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 92) at += 1;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 91 || code === 123) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === 93 || code === 125) depth -= 1;
  }
  return deepest;
}

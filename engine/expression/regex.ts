// Regular expressions that people write, on an engine whose time is linear in the text. The engine's only door to re2js.
import { RE2JS } from 're2js';

const maxPattern = 1_000;
const maxText = 64 * 1024;
const maxKept = 500;

const kept = new Map<string, RE2JS | null>();

function compileRegex(pattern: string): RE2JS | null {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  const made = tryCompile(pattern);
  if (kept.size >= maxKept) kept.delete(kept.keys().next().value ?? '');
  kept.set(pattern, made);
  return made;
}

function tryCompile(pattern: string): RE2JS | null {
  if (pattern.length > maxPattern) return null;
  try {
    return RE2JS.compile(pattern);
  } catch {
    return null;
  }
}

export function isRegex(pattern: string): boolean {
  return compileRegex(pattern) !== null;
}

/** The match and its groups, or null: no match, or no valid pattern. */
export function matchRegex(pattern: string, text: string): (string | null)[] | null {
  const matcher = compileRegex(pattern)?.matcher(text.slice(0, maxText));
  if (!matcher?.find()) return null;
  return Array.from({ length: matcher.groupCount() + 1 }, (_, at) => matcher.group(at) ?? null);
}

// Paths as the tables write them: `*` is any name, `**` any depth, `<door>` a name that must come back the same.

export type Captures = Record<string, string>;

const compiled = new Map<string, RegExp>();

function compile(pattern: string): RegExp {
  const kept = compiled.get(pattern);
  if (kept) return kept;
  const seen = new Set<string>();
  const source = pattern.replace(/<(\w+)>|\*\*\/|\*\*|\*|[.+?^${}()|[\]\\]/g, (found, name: string | undefined) => {
    if (name && seen.has(name)) return `\\k<${name}>`;
    if (name) {
      seen.add(name);
      return `(?<${name}>[^/.]+)`;
    }
    if (found === '**/') return '(?:.*/)?';
    if (found === '**') return '.*';
    return found === '*' ? '[^/]*' : `\\${found}`;
  });
  const made = new RegExp(`^${source}$`);
  compiled.set(pattern, made);
  return made;
}

/** What the names in angle brackets stand for, or null when the path is another one. */
export function match(pattern: string, path: string): Captures | null {
  const found = compile(pattern).exec(path);
  return found ? { ...found.groups } : null;
}

export function fill(pattern: string, captures: Captures): string {
  return pattern.replace(/<(\w+)>/g, (found, name: string) => captures[name] ?? found);
}

export function matchesAny(patterns: readonly string[], path: string, captures: Captures = {}): boolean {
  return patterns.some((pattern) => match(fill(pattern, captures), path) !== null);
}

// What `npm run build` left in dist/, as a map from path to asset: a request can only name what is in it. It is read
// again when dist/built.json changed, so that a build beside the running server shows at once.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type Asset, assetOf, typeOf } from './assets.ts';

export type Built = {
  /** The file at this path under dist/, with forward slashes; null when it was not built. */
  find(path: string): Asset | null;
  /** Its text; for what is filled in before it is sent. */
  text(path: string): string | null;
};

export function builtFiles(dist: string): Built {
  let stamp = -1;
  let files = new Map<string, Asset>();
  let texts = new Map<string, string>();

  const refresh = (): void => {
    const built = statSync(join(dist, 'built.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (built === stamp) return;
    stamp = built;
    texts = new Map();
    files = built === 0 ? new Map() : readTree(dist);
  };

  return {
    find(path) {
      refresh();
      return files.get(path) ?? null;
    },
    text(path) {
      refresh();
      if (!files.has(path)) return null;
      const text = texts.get(path) ?? readFileSync(join(dist, path), 'utf8');
      texts.set(path, text);
      return text;
    },
  };
}

function readTree(dist: string): Map<string, Asset> {
  const names = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(dist.length + 1)
        .split(sep)
        .join('/'),
    );
  const all = new Set(names);
  const files = new Map<string, Asset>();
  for (const name of names) {
    if (/\.(br|gz)$/.test(name)) continue;
    const read = (suffix: string) => () => readFileSync(join(dist, `${name}${suffix}`));
    const packed = { identity: read(''), ...(all.has(`${name}.br`) ? { br: read('.br') } : {}), ...(all.has(`${name}.gz`) ? { gzip: read('.gz') } : {}) };

    files.set(name, assetOf(typeOf(name), cacheControlOf(name), packed));
  }
  return files;
}

function cacheControlOf(name: string): string {
  // Names under assets/ and widget/ carry a hash of their content; they never change.
  if (/^(admin\/assets|widget)\//.test(name)) return 'public, max-age=31536000, immutable';
  return name === 'widget.js' ? 'public, max-age=300' : 'no-cache';
}

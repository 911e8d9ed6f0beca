// Files in DATA_DIR/files: written beside their place, on the disk before they are renamed into it. Nobody but the
// process's own user can read them.
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assert } from '../errors.ts';
import type { FileStore } from '../files.ts';

export function localFiles(dataDir: string): FileStore {
  const root = join(dataDir, 'files');
  const placeOf = (key: string): string => join(root, checked(key));
  // Not under files/, where a backup would take half of it along. By its key, so that whoever removes that finds it.
  const draftOf = (key: string): string => join(dataDir, 'incoming', checked(key).replaceAll('/', '.'));
  const sizeOf = (key: string): number | null => statSync(placeOf(key), { throwIfNoEntry: false })?.size ?? null;

  return {
    async put(key, bytes) {
      const [place, draft] = [placeOf(key), draftOf(key)];
      const made = await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      await mkdir(dirname(draft), { recursive: true, mode: 0o700 });
      try {
        await pipeline(bytes, createWriteStream(draft, { mode: 0o600, flush: true }));
        await rename(draft, place);
        // A rename is on the disk when its directory is, and so is a new directory.
        for (let path = dirname(place); ; path = dirname(path)) {
          await syncDirectory(path);
          if (made === undefined || path.length < made.length) break;
        }
      } finally {
        await rm(draft, { force: true });
      }
    },
    async get(key, range) {
      const size = sizeOf(key);
      return size === null ? null : createReadStream(placeOf(key), range ? { start: range.from, end: range.to } : {});
    },
    async size(key) {
      return sizeOf(key);
    },
    async remove(key) {
      await rm(placeOf(key), { force: true });
      await rm(draftOf(key), { force: true });
    },
    async list(prefix, after, limit) {
      const keys: string[] = [];
      for await (const key of walk(root, '', prefix, after ?? '')) {
        if (keys.length === limit) return { keys, next: keys.at(-1) ?? null };
        keys.push(key);
      }
      return { keys, next: null };
    },
  };
}

/** Ours alone, but what became a path once too often is worth a look. */
function checked(key: string): string {
  assert(/^[\w-]+(\/[\w-]+)*$/.test(key), 'a key is made of letters, digits and slashes');
  return key;
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** In the order of the keys, a directory at a time; those that cannot hold what is looked for are not opened. */
async function* walk(root: string, above: string, prefix: string, after: string): AsyncGenerator<string> {
  const directory = join(root, above);
  if (!existsSync(directory)) return;
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.map((entry) => `${above}${entry.name}${entry.isDirectory() ? '/' : ''}`).sort();
  for (const name of names) {
    if (!name.endsWith('/')) {
      if (name.startsWith(prefix) && name > after) yield name;
    } else if ((name.startsWith(prefix) || prefix.startsWith(name)) && (name > after || after.startsWith(name))) yield* walk(root, name, prefix, after);
  }
}

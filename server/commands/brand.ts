// What the installation calls itself and how it looks: the product's own, over it BRAND_* of the environment, over
// that what its owners have stored. Read at every use, which is one row by its key, so a change holds at once.
import type { App } from '../app.ts';
import type { Brand } from '../config.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import { installation, readSetting, writeSetting } from '../store/settings.ts';
import { changesOf } from './changes.ts';

const setting = 'brand';

const product: Brand = { name: 'Parley', logo: null, color: '#2f6fed', favicon: null, supportUrl: null, mailFrom: null };

const nothingStored: Record<keyof Brand, null> = { name: null, logo: null, color: null, favicon: null, supportUrl: null, mailFrom: null };

async function readStored(db: Db): Promise<Partial<Brand>> {
  return (await readSetting<Partial<Brand>>(db, installation, setting)) ?? {};
}

export async function readBrand(app: App, db: Db = app.db): Promise<Brand> {
  return { ...product, ...app.config.brand, ...(await readStored(db)) };
}

/** It goes by another name than the product's. */
export function isOwnBrand({ name }: Brand): boolean {
  return name !== product.name;
}

/** Null takes a stored value away, so that what the environment or the product says holds again. */
export async function changeBrand(app: App, tx: Db, asked: { [K in keyof Brand]?: Brand[K] | null | undefined }): Promise<Brand> {
  const stored = await readStored(tx);
  const change = changesOf<Record<string, unknown>>({ ...nothingStored, ...stored }, asked);
  const changed = Object.keys(change);
  if (changed.length > 0) {
    const kept = Object.entries({ ...stored, ...change }).filter(([, value]) => value !== null);
    await writeSetting(tx, installation, setting, Object.fromEntries(kept));
    await record(app, tx, { kind: 'brand.updated', workspaceId: installation, subject: 'installation:0', data: { changed } });
  }
  return readBrand(app, tx);
}

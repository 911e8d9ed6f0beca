import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, makePlace, type Place } from '../../testing/databases.ts';
import { type Database, openDatabase, sqliteFile } from '../database.ts';
import { migrations } from '../migrations.ts';
import { readSetting } from '../settings.ts';
import { describeTables } from './backup/schema.ts';
import { appliedMigrations, migrate } from './migrate.ts';

const fewestKills = 20;
const mostKills = 60;
const child = join(import.meta.dirname, '..', '..', 'testing', 'children', 'migrate-forever.ts');
const names = migrations.map(({ name }) => name);

/** Tables and columns: what a schema is, as far as rows can tell. */
async function schemaOf(database: Database): Promise<unknown> {
  return describeTables(database.read, database);
}

/** What the child writes in a round: a line when it begins, and one after each migration. */
const steps = names.length + 1;

/** Reads on afterwards: a child whose pipe is closed would end by itself. */
function linesOf(output: Readable, count: number): Promise<void> {
  let lines = 0;
  return new Promise((resolve) => {
    output.on('data', (text) => {
      lines += String(text).split('\n').length - 1;
      if (lines >= count) resolve();
    });
  });
}

/**
 * Postgres learns of a death only when it next reads or writes: what the dead had asked for last (a schema dropped or
 * made) may still be done after the process is gone, under whoever looks meanwhile. No snapshot helps, for names are
 * looked up as of now. On SQLite a process takes its work with it.
 */
async function servedOut({ databaseUrl }: Place): Promise<void> {
  if (databaseUrl === null) return;
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const others = "select 1 from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()";
  while ((await client.query(others)).rowCount !== 0) await sleep(5);
  await client.end();
}

describe.each(databaseKinds)('migrations of %s under kill -9', (kind) => {
  let place: Place;
  /** The schema after so many migrations. */
  const schemas: unknown[] = [];

  beforeAll(async () => {
    place = await makePlace(kind);
    for (let count = 0; count <= names.length; count += 1) {
      const fresh = await makePlace(kind);
      const database = await openDatabase({ dataDir: fresh.dataDir, databaseUrl: fresh.databaseUrl });
      if (count > 0) await migrate(database.migrator, 0, names[count - 1]);
      schemas.push(await schemaOf(database));
      await database.close();
      await fresh.remove();
    }
  });

  afterAll(() => place.remove());

  test('kills at any moment leave the old schema or the new, with the rows, and the next start goes on', { timeout: 300_000 }, async () => {
    const reached = new Set<number>();
    // One that always came too early or too late would show nothing; where the machine is slow it takes longer to be late.
    for (let kills = 0; kills < fewestKills || (reached.size < 2 && kills < mostKills); kills += 1) {
      const directory = mkdtempSync(join(tmpdir(), 'test-migrate-'));
      const running = spawn(process.execPath, [child, directory, place.databaseUrl ?? ''], { stdio: ['ignore', 'pipe', 'inherit'] });
      // Of the second database, so that on Postgres there is a first to begin anew on: each time another step is under way.
      await linesOf(running.stdout, steps + ((kills * 3) % steps));
      await sleep(Math.random() * 20);
      running.kill('SIGKILL');
      await once(running, 'exit');
      await servedOut(place);
      const last = join(directory, readdirSync(directory).sort().at(-1) ?? '');
      if (kind === 'postgres' || existsSync(sqliteFile(last))) {
        const database = await openDatabase({ dataDir: last, databaseUrl: place.databaseUrl });
        const applied = await appliedMigrations(database.migrator);
        const schema = await schemaOf(database);
        expect(applied).toEqual(names.slice(0, applied.length));
        expect(schema).toEqual(schemas[applied.length]);
        const before = applied.length > 0 ? await readSetting(database.read, 0, 'round') : null;
        if (applied.length > 1) expect(before).not.toBeNull();
        await migrate(database.migrator, 3);
        expect(await appliedMigrations(database.migrator)).toEqual(names);
        expect(await schemaOf(database)).toEqual(schemas[names.length]);
        expect(await readSetting(database.read, 0, 'round')).toEqual(before);
        await database.close();
        reached.add(applied.length);
      }
      rmSync(directory, { recursive: true, force: true });
    }
    expect(reached.size).toBeGreaterThan(1);
  });
});

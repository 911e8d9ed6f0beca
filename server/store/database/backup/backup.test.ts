import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { StartError } from '../../../errors.ts';
import { type DatabaseKind, databaseKinds, makePlace, type Place } from '../../../testing/databases.ts';
import { makeWorld } from '../../../testing/factories.ts';
import { testApp } from '../../../testing/test-app.ts';
import { type Database, openDatabase } from '../../database.ts';
import { migrations } from '../../migrations.ts';
import { insertTag } from '../../tags.ts';
import { migrate } from '../migrate.ts';
import { fromJson, type Line, readArchive, toJson, writeArchive } from './archive.ts';
import { backUp, backUpBefore } from './backup.ts';
import { restoreBackup, verifyBackup } from './restore.ts';
import { describeTables } from './schema.ts';

const places: Place[] = [];
const directories: string[] = [];

afterAll(async () => {
  for (const place of places) await place.remove();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'test-backup-'));
  directories.push(directory);
  return directory;
}

async function emptyPlace(kind: DatabaseKind): Promise<Place> {
  const place = await makePlace(kind);
  places.push(place);
  return place;
}

const about = { keyCheck: 'the-check', version: '0.1.0', now: 1_700_000_000_000 };

function into(place: Place, more: { keyCheck?: string; mayReplace?: boolean } = {}) {
  return { dataDir: place.dataDir, databaseUrl: place.databaseUrl, keyCheck: about.keyCheck, now: about.now, mayReplace: false, ...more };
}

async function look<T>(place: Place, body: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase({ dataDir: place.dataDir, databaseUrl: place.databaseUrl });
  try {
    return await body(database);
  } finally {
    await database.close();
  }
}

/** Every row of every table, as text, so that rows of two databases can be compared. */
async function dump(database: Database): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const { name, columns } of await describeTables(database.read, database)) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(database.read);
    all[name] = rows.map((row) => JSON.stringify(columns.map((column) => row[column]))).sort();
  }
  return all;
}

const odd = ['emoji 👩‍👩‍👧', 'line\u2028separators\u2029too', 'rtl \u202eabc', 'a\nb\r\nc\t"\\', 'e\u0301 is not é', 'x'.repeat(60_000)];

type Backup = { file: string; rows: Record<string, string[]>; lastTag: number; botId: number };
const made = new Map<DatabaseKind, Promise<Backup>>();

/** A backup of a world with odd texts, and a tag that was deleted: its number may not come again. */
function makeBackup(kind: DatabaseKind): Promise<Backup> {
  const kept = made.get(kind) ?? makeBackupNow(kind);
  made.set(kind, kept);
  return kept;
}

async function makeBackupNow(kind: DatabaseKind): Promise<Backup> {
  const test = await testApp(kind);
  const { bot } = await makeWorld(test.app);
  let lastTag = 0;
  for (const name of odd) lastTag = (await test.app.transact((tx) => insertTag(tx, bot.id, name, 1)))?.id ?? 0;
  await test.app.transact((tx) => tx.deleteFrom('tag').where('id', '=', lastTag).execute());
  const directory = temporary();
  const file = join(directory, 'world.backup');
  mkdirSync(join(directory, 'files', 'ab'), { recursive: true });
  writeFileSync(join(directory, 'files', 'ab', 'picture'), Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251)));
  writeFileSync(join(directory, 'files', 'empty'), '');
  await backUp(test.app.database, file, { ...about, dataDir: directory });
  const rows = await dump(test.app.database);
  await test.close();
  return { file, rows, lastTag, botId: bot.id };
}

describe.each(databaseKinds.flatMap((from) => databaseKinds.map((to) => [from, to] as const)))('a backup of %s restored into %s', (from, to) => {
  test('has every row and file, and allots numbers as if nothing had happened', async () => {
    const { file, rows, lastTag, botId } = await makeBackup(from);
    const place = await emptyPlace(to);
    expect(await verifyBackup(file, into(place))).toMatchObject({ files: 2 });
    expect(existsSync(join(place.dataDir, 'parley.db'))).toBe(false);
    const restored = await restoreBackup(file, into(place));
    expect(restored).toMatchObject({ created_at: about.now, version: '0.1.0', files: 2, rows: Object.values(rows).flat().length });
    await look(place, async (database) => {
      expect(await dump(database)).toEqual(rows);
      const next = await database.transact((tx) => insertTag(tx, botId, 'after the restore', 2));
      expect(next?.id).toBe(lastTag + 1);
    });
    const picture = readFileSync(join(place.dataDir, 'files', 'ab', 'picture'));
    expect([picture.length, picture[199_999]]).toEqual([200_000, 199_999 % 251]);
    expect(statSync(join(place.dataDir, 'files', 'empty')).size).toBe(0);
    expect(readdirSync(place.dataDir).filter((name) => /restoring|verifying/.test(name))).toEqual([]);
  });
});

describe.each(databaseKinds)('what a restore into %s refuses, changing nothing', (kind) => {
  test('another master key: 78', async () => {
    const { file } = await makeBackup('sqlite');
    const place = await emptyPlace(kind);
    await expect(restoreBackup(file, into(place, { keyCheck: 'another' }))).rejects.toMatchObject({ exitCode: 78 });
    await expect(verifyBackup(file, into(place, { keyCheck: 'another' }))).rejects.toMatchObject({ exitCode: 78 });
    expect(readdirSync(place.dataDir)).toEqual([]);
  });

  test('a place that holds data, unless told to replace it', async () => {
    const { file, rows } = await makeBackup(kind);
    const place = await emptyPlace(kind);
    await restoreBackup(file, into(place));
    await look(place, (database) => database.transact((tx) => tx.updateTable('bot').set({ name: 'changed since' }).execute()));
    const before = await look(place, dump);
    await expect(restoreBackup(file, into(place))).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('already holds data') });
    expect(await look(place, dump)).toEqual(before);
    await restoreBackup(file, into(place, { mayReplace: true }));
    expect(await look(place, dump)).toEqual(rows);
    if (kind === 'postgres') return;
    const kept = readdirSync(join(place.dataDir, 'backups')).filter((name) => name.startsWith('replaced-'));
    const old = new DatabaseSync(join(place.dataDir, 'backups', kept[0] ?? ''), { readOnly: true });
    expect(old.prepare('select name from bot').all()).toEqual([{ name: 'changed since' }]);
    old.close();
  });

  test('a damaged database is replaced when told to, and kept aside', async () => {
    if (kind === 'postgres') return;
    const { file, rows } = await makeBackup('sqlite');
    const place = await emptyPlace('sqlite');
    writeFileSync(join(place.dataDir, 'parley.db'), 'this is not a database, whatever its name says'.repeat(100));
    await expect(restoreBackup(file, into(place))).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('cannot be read') });
    await restoreBackup(file, into(place, { mayReplace: true }));
    expect(await look(place, dump)).toEqual(rows);
    expect(readdirSync(join(place.dataDir, 'backups'))).toEqual([expect.stringMatching(/^replaced-.*\.db$/)]);
  });

  test('a start alone leaves nothing that would be missed', async () => {
    const { file } = await makeBackup('sqlite');
    const place = await emptyPlace(kind);
    await look(place, (database) => migrate(database.migrator, 0));
    await restoreBackup(file, into(place));
  });

  test('a backup that says less or more than it holds, of a newer version, or of something else: 65', async () => {
    const place = await emptyPlace(kind);
    const known = migrations.map(({ name }) => name);
    const header = { kind: 'header', format: 1, version: '9.0.0', created_at: 1, key_check: about.keyCheck, migrations: known } satisfies Line;
    const setting: Line[] = [{ kind: 'table', name: 'setting', columns: ['workspace_id', 'name', 'value'] }, [0, 'a', '1']];
    const end = { kind: 'end', rows: 1, last_id: null } satisfies Line;
    const done = { kind: 'done', rows: 1, files: 0 } satisfies Line;
    const wrong: Record<string, Line[]> = {
      'is not whole': [header, ...setting, end],
      'has 1 rows of setting where 2 were written': [header, ...setting, { ...end, rows: 2 }, done],
      'is not whole.': [header, ...setting, end, { ...done, rows: 2 }],
      'a newer version, 9.0.0 (it knows 9999-later)': [{ ...header, migrations: [...known, '9999-later'] }, ...setting, end, done],
      'is not a backup of a kind this version knows': [done],
      'a file outside its place': [header, ...setting, end, { kind: 'file', path: '../../../evil', data: 'AAAA', isLast: true }, { ...done, files: 1 }],
    };
    for (const [said, lines] of Object.entries(wrong)) {
      const file = join(temporary(), 'wrong.backup');
      await writeArchive(file, linesOf(lines));
      await expect(restoreBackup(file, into(place)), said).rejects.toMatchObject({ exitCode: 65, message: expect.stringContaining(said) });
    }
    await look(place, async (database) => expect(await describeTables(database.read, database)).toEqual([]));
    const file = join(temporary(), 'good.backup');
    await writeArchive(file, linesOf([header, ...setting, end, done]));
    expect(await restoreBackup(file, into(place))).toMatchObject({ rows: 1 });
  });

  test('a backup of an older schema is brought to this version', async () => {
    const place = await emptyPlace(kind);
    const older = await emptyPlace('sqlite');
    const file = join(temporary(), 'older.backup');
    await look(older, async (database) => {
      await migrate(database.migrator, 0, '0001-accounts');
      await database.transact((tx) => sql`insert into setting (workspace_id, name, value) values (0, 'brand', '{}')`.execute(tx));
      await backUp(database, file, { ...about, dataDir: older.dataDir });
    });
    await restoreBackup(file, into(place));
    await look(place, async (database) => {
      expect((await describeTables(database.read, database)).map(({ name }) => name)).toContain('tag');
      expect((await dump(database)).setting).toEqual(['[0,"brand","{}"]']);
    });
  });
});

async function* linesOf(lines: Line[]): AsyncGenerator<Line> {
  yield* lines;
}

describe('the file', () => {
  test('one wrong byte anywhere, or one too few or many, is refused with 65 before anything is read', async () => {
    const { file } = await makeBackup('sqlite');
    const place = await emptyPlace('sqlite');
    const good = readFileSync(file);
    const bad = join(temporary(), 'bad.backup');
    const offsets = new Set([0, 1, 2, 3, good.length - 1, ...Array.from({ length: 40 }, (_, index) => good.length - 1 - index)]);
    for (let offset = 0; offset < good.length; offset += Math.ceil(good.length / 200)) offsets.add(offset);
    for (const offset of offsets) {
      const bytes = Buffer.from(good);
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x40;
      writeFileSync(bad, bytes);
      await expect(restoreBackup(bad, into(place)), `byte ${offset}`).rejects.toMatchObject({ exitCode: 65 });
    }
    for (const bytes of [
      good.subarray(0, -1),
      good.subarray(0, good.length / 2),
      Buffer.concat([good, Buffer.from([0])]),
      Buffer.alloc(0),
      Buffer.alloc(100),
    ]) {
      writeFileSync(bad, bytes);
      await expect(restoreBackup(bad, into(place)), `${bytes.length} bytes`).rejects.toBeInstanceOf(StartError);
    }
    expect(readdirSync(place.dataDir)).toEqual([]);
  });

  test('is for nobody else to read, and takes the place of an older one only when it is whole', async () => {
    const { file } = await makeBackup('sqlite');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file);
    const failing = async function* (): AsyncGenerator<Line> {
      yield { kind: 'done', rows: 0, files: 0 };
      throw new Error('the database went away');
    };
    await expect(writeArchive(file, failing())).rejects.toThrow('the database went away');
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(join(file, '..')).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('bytes survive as bytes, and everything else as it is', () => {
    for (const value of [null, '', 'text', 0, -1.5, 2 ** 53 - 1]) expect(fromJson(JSON.parse(JSON.stringify(toJson(value))))).toEqual(value);
    const bytes = new Uint8Array([0, 255, 10, 13, 34]);
    expect(Buffer.from(fromJson(JSON.parse(JSON.stringify(toJson(bytes)))) as Uint8Array).equals(Buffer.from(bytes))).toBe(true);
  });

  test('names no secret that is not hashed or sealed', async () => {
    const test = await testApp('sqlite');
    const { key, password } = await makeWorld(test.app);
    const directory = temporary();
    const file = join(directory, 'world.backup');
    await backUp(test.app.database, file, { ...about, dataDir: directory });
    await test.close();
    for await (const line of readArchive(file)) {
      expect(JSON.stringify(line)).not.toContain(key);
      expect(JSON.stringify(line)).not.toContain(password);
    }
  });
});

describe('backups before migrations', () => {
  test('the last five are kept, and those made by hand are not touched', async () => {
    const place = await emptyPlace('sqlite');
    await look(place, async (database) => {
      await migrate(database.migrator, 0);
      for (let day = 1; day <= 7; day += 1) {
        const migration = day % 2 === 0 ? '0003-flows' : '0004-chats';
        await backUpBefore(database, { ...about, dataDir: place.dataDir, migration, now: Date.UTC(2026, 0, day) });
        if (day === 1) writeFileSync(join(place.dataDir, 'backups', 'by-hand.backup'), '');
      }
    });
    const kept = readdirSync(join(place.dataDir, 'backups')).sort();
    expect(kept).toEqual([
      'before-0003-flows-20260104T000000Z.backup',
      'before-0003-flows-20260106T000000Z.backup',
      'before-0004-chats-20260103T000000Z.backup',
      'before-0004-chats-20260105T000000Z.backup',
      'before-0004-chats-20260107T000000Z.backup',
      'by-hand.backup',
    ]);
  });
});

// The contract of a store of files, held by each of them; then what is each one's own.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { AppError } from './errors.ts';
import { localFiles } from './files/local.ts';
import { s3Files } from './files/s3.ts';
import { type FileStore, fileStoreOf } from './files.ts';
import { type S3Double, s3Server } from './testing/doubles/s3-server.ts';

async function* pieces(bytes: Buffer, pieceBytes = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

async function* broken(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw new Error('the sender went away');
}

let dataDir: string;
let bucket: S3Double;
const settingsOf = ({ endpoint, region, bucket: name, accessKeyId, secretAccessKey }: S3Double) => ({
  ...{ endpoint, region, bucket: name, accessKeyId, secretAccessKey, prefix: 'chat/' },
});

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'files-'));
  bucket = await s3Server();
});
afterEach(async () => {
  await bucket.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const made: Record<string, () => FileStore> = { local: () => localFiles(dataDir), s3: () => s3Files(settingsOf(bucket), dataDir) };
const read = async (store: FileStore, key: string, range?: { from: number; to: number }): Promise<Buffer | null> => {
  const stream = await store.get(key, range);
  return stream && buffer(stream);
};
const drafts = (): string[] => (existsSync(join(dataDir, 'incoming')) ? readdirSync(join(dataDir, 'incoming')) : []);

describe.each(Object.keys(made))('the store %s', (name) => {
  let store: FileStore;
  beforeEach(() => {
    store = made[name]?.() as FileStore;
  });

  test('gives back what it was given, byte for byte, whole and in parts', async () => {
    // More than the blocks that are read at once.
    for (const bytes of [randomBytes(2_500_000), Buffer.from('x'), randomBytes(1024 * 1024)]) {
      const key = `7/ab/${bytes.length}`;
      await store.put(key, pieces(bytes));
      expect(await store.size(key)).toBe(bytes.length);
      expect((await read(store, key))?.equals(bytes)).toBe(true);
      for (const [from, to] of [
        [0, 0],
        [0, bytes.length - 1],
        [Math.floor(bytes.length / 3), Math.floor(bytes.length / 2)],
        [bytes.length - 1, bytes.length - 1],
      ] as const) {
        expect((await read(store, key, { from, to }))?.equals(bytes.subarray(from, to + 1)), `${from}-${to}`).toBe(true);
      }
    }
    expect(drafts()).toEqual([]);
  });

  test('an empty file is a file', async () => {
    await store.put('7/ab/empty', pieces(Buffer.alloc(0)));
    expect([await store.size('7/ab/empty'), (await read(store, '7/ab/empty'))?.length]).toEqual([0, 0]);
  });

  test('what breaks off leaves nothing', async () => {
    await expect(store.put('7/ab/cut', broken(randomBytes(300_000)))).rejects.toThrow('the sender went away');
    expect([await store.size('7/ab/cut'), await read(store, '7/ab/cut')]).toEqual([null, null]);
    expect((await store.list('', null, 10)).keys).toEqual([]);
    expect(drafts()).toEqual([]);
  });

  test('what is not there is null, and removing it is no fault', async () => {
    expect([await store.get('7/ab/none'), await store.size('7/ab/none')]).toEqual([null, null]);
    await store.remove('7/ab/none');
    await store.put('7/ab/one', pieces(Buffer.from('one')));
    await store.remove('7/ab/one');
    expect([await store.get('7/ab/one'), await store.size('7/ab/one')]).toEqual([null, null]);
  });

  test('lists keys in order, a page at a time, by what they begin with', async () => {
    const keys = ['7/-/b', '7/A/z', '7/ab/1', '7/ab/2', '7/ab-/1', '7/ab_/1', '70/ab/1', '8/ab/1'];
    for (const key of [...keys].reverse()) await store.put(key, pieces(Buffer.from(key)));
    const all = async (prefix: string, limit: number): Promise<string[]> => {
      const found: string[] = [];
      for (let after: string | null = null; ; ) {
        const page = await store.list(prefix, after, limit);
        expect(page.keys.length).toBeLessThanOrEqual(limit);
        found.push(...page.keys);
        if (page.next === null) return found;
        after = page.next;
      }
    };
    for (const limit of [1, 3, 100]) {
      expect(await all('', limit)).toEqual([...keys].sort());
      expect(await all('7/', limit)).toEqual(keys.filter((key) => key.startsWith('7/')).sort());
      expect(await all('7/ab/', limit)).toEqual(['7/ab/1', '7/ab/2']);
      expect(await all('9', limit)).toEqual([]);
    }
  });

  test('several at once do not get into each other', async () => {
    const files = Array.from({ length: 12 }, (_, at) => ({ key: `7/ab/${at}`, bytes: randomBytes(200_000 + at) }));
    await Promise.all(files.map(({ key, bytes }) => store.put(key, pieces(bytes))));
    const found = await Promise.all(files.map(({ key }) => read(store, key)));
    expect(found.every((bytes, at) => bytes?.equals(files[at]?.bytes as Buffer))).toBe(true);
  });
});

describe('files on the local disk', () => {
  test('are for this user alone, and so are their folders', async () => {
    await localFiles(dataDir).put('7/ab/one', pieces(Buffer.from('one')));
    expect(statSync(join(dataDir, 'files/7/ab/one')).mode & 0o777).toBe(0o600);
    for (const folder of ['files', 'files/7', 'files/7/ab', 'incoming']) expect(statSync(join(dataDir, folder)).mode & 0o777, folder).toBe(0o700);
  });

  test('a key that would lead elsewhere is an assertion', async () => {
    const store = localFiles(dataDir);
    writeFileSync(join(dataDir, 'master.key'), 'secret');
    for (const key of ['../master.key', '/etc/passwd', '7/../../master.key', '7//x', '', '7/a.b', '7/\0']) {
      await expect(store.get(key), key).rejects.toThrow('assertion failed');
      await expect(store.put(key, pieces(Buffer.from('x'))), key).rejects.toThrow('assertion failed');
    }
  });

  test('removing takes along what a process left that died while it was writing', async () => {
    mkdirSync(join(dataDir, 'incoming'));
    writeFileSync(join(dataDir, 'incoming', '7.ab.dead'), 'half of');
    await localFiles(dataDir).remove('7/ab/dead');
    expect(drafts()).toEqual([]);
  });

  test('a disk that refuses leaves nothing', async () => {
    writeFileSync(join(dataDir, 'files'), 'where a folder should be');
    await expect(localFiles(dataDir).put('7/ab/one', pieces(Buffer.from('x')))).rejects.toThrow('ENOTDIR');
    expect(drafts()).toEqual([]);
  });
});

describe('files in a bucket', () => {
  const one = randomBytes(1_500_000);
  // Longer than any call here takes.
  const silentMs = 2_000;
  const store = (): FileStore => s3Files(settingsOf(bucket), dataDir, { waitMs: silentMs, pauseMs: 1 });

  test('every call is signed, under the prefix, and its body is what its hash says', async () => {
    await store().put('7/ab/one', pieces(one));
    expect([...bucket.objects.keys()]).toEqual(['chat/7/ab/one']);
    expect((await read(store(), '7/ab/one'))?.equals(one)).toBe(true);
    expect(bucket.calls).toEqual(['PUT 200', 'GET 206', 'GET 206']);
  });

  test.each(['slow-down', 'internal', 'cut', 'lost'] as const)('a bucket that is %s for a moment is asked again', async (fault) => {
    const faults = (): unknown => bucket.faults.push(fault, fault);
    faults();
    await store().put('7/ab/one', pieces(one));
    faults();
    expect((await read(store(), '7/ab/one'))?.equals(one)).toBe(true);
    faults();
    expect(await store().size('7/ab/one')).toBe(one.length);
    faults();
    expect((await store().list('', null, 10)).keys).toEqual(['7/ab/one']);
    faults();
    await store().remove('7/ab/one');
    expect(bucket.objects.size).toBe(0);
  });

  test('a bucket that says nothing is not waited for without end', async () => {
    bucket.faults.push('silent');
    await store().put('7/ab/one', pieces(one));
    bucket.faults.push('silent');
    expect((await read(store(), '7/ab/one'))?.equals(one)).toBe(true);
  });

  test('a bucket that does not come back is told as unavailable, and nothing is left', async () => {
    bucket.faults.push(...Array.from({ length: 4 }, () => 'slow-down' as const));
    const refusal = await store()
      .put('7/ab/one', pieces(one))
      .then(
        () => null,
        (error: unknown) => error,
      );
    expect(refusal).toBeInstanceOf(AppError);
    expect(refusal).toMatchObject({ code: 'unavailable', headers: { 'retry-after': '5' } });
    expect([bucket.objects.size, drafts()]).toEqual([0, []]);
  });

  test('a reply that breaks off in the middle of a file is gone on with', async () => {
    await store().put('7/ab/one', pieces(one));
    const stream = await store().get('7/ab/one');
    bucket.faults.push('cut', 'slow-down');
    expect(stream && (await buffer(stream)).equals(one)).toBe(true);
  });

  test.each([
    ['a wrong secret', { secretAccessKey: 'another' }, 'PUT with 403 SignatureDoesNotMatch'],
    ['an unknown key', { accessKeyId: 'AKOTHER' }, 'PUT with 403 InvalidAccessKeyId'],
    ['a bucket that is not there', { bucket: 'other-bucket' }, 'PUT with 404 NoSuchBucket'],
    ['another region', { region: 'eu-other-1' }, 'PUT with 400 AuthorizationHeaderMalformed'],
  ])('%s is a fault of ours, which the log names', async (_what, change, says) => {
    const wrong = s3Files({ ...settingsOf(bucket), ...change }, dataDir);
    await expect(wrong.put('7/ab/one', pieces(one))).rejects.toThrow(says);
    await expect(wrong.get('7/ab/one')).rejects.toThrow(says.replace('PUT', 'GET'));
    expect(drafts()).toEqual([]);
  });

  test('a clock that is off is a fault of ours too', async () => {
    bucket.skewMs = 3_600_000;
    await expect(store().size('7/ab/one')).rejects.toThrow('HEAD with 403');
    await expect(store().list('', null, 1)).rejects.toThrow('RequestTimeTooSkewed');
  });

  test('is where files go as soon as it is configured, and nowhere else', async () => {
    const { endpoint, region, bucket: name, accessKeyId, secretAccessKey } = bucket;
    const { config } = readConfig({
      ...{ DATA_DIR: dataDir, S3_BUCKET: name, S3_ENDPOINT: endpoint, S3_REGION: region },
      ...{ S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey, S3_PREFIX: 'deep/er' },
    });
    await fileStoreOf(config).put('7/ab/one', pieces(Buffer.from('one')));
    expect([...bucket.objects.keys()]).toEqual(['deep/er/7/ab/one']);
    expect(existsSync(join(dataDir, 'files'))).toBe(false);
  });
});

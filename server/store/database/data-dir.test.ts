import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { StartError } from '../../errors.ts';
import { judgeFileSystem, prepareDataDir } from './data-dir.ts';
import { takeLock } from './lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'test-place-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the data directory', () => {
  test.each([0x6969, 0x517b, 0xff534d42, 0xfe534d42])('file system %i goes over a network: a database is refused there, files are not', (type) => {
    expect(judgeFileSystem(type, { holdsDatabase: true }).refusal).toContain('network file system');
    expect(judgeFileSystem(type, { holdsDatabase: false })).toEqual({ refusal: null, warning: null });
  });

  test('an overlay is warned of, and a local disk is not', () => {
    expect(judgeFileSystem(0x794c7630, { holdsDatabase: true }).warning).toContain('ends with its container');
    for (const ext4OrXfs of [0xef53, 0x58465342, 0x01021994])
      expect(judgeFileSystem(ext4OrXfs, { holdsDatabase: true })).toEqual({ refusal: null, warning: null });
  });

  test('is made for this account alone, and refused with 78 where it cannot be', () => {
    const made = join(directory, 'a', 'b');
    prepareDataDir(made, { holdsDatabase: true });
    expect(statSync(made).mode & 0o777).toBe(0o700);
    writeFileSync(join(directory, 'file'), '');
    const refused = () => prepareDataDir(join(directory, 'file', 'data'), { holdsDatabase: true });
    expect(refused).toThrow(StartError);
    expect(refused).toThrow(/DATA_DIR .* cannot be written \(ENOTDIR\)/);
  });

  test('is held by one at a time', () => {
    const lock = takeLock(directory);
    expect(() => takeLock(directory)).toThrow(expect.objectContaining({ exitCode: 75 }));
    lock.release();
    takeLock(directory).release();
  });
});

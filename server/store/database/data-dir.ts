// The directory everything lies in. SQLite's WAL needs memory shared between processes of one machine, which network
// file systems do not give: they are refused before a file is written, not after the first corruption.
import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { StartError } from '../../errors.ts';

const exitCodeConfig = 78;

// Numbers of statfs(2), from linux/magic.h and the file systems' own sources.
const networked = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB2'],
  [0xff534d42, 'CIFS'],
  [0x564c, 'NCP'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9p'],
]);
const overlay = 0x794c7630;

export type Verdict = { refusal: string | null; warning: string | null };

/** `type` is what statfs says on Linux; elsewhere the numbers mean other things and nothing is judged. */
export function judgeFileSystem(type: number, { holdsDatabase }: { holdsDatabase: boolean }): Verdict {
  const name = networked.get(type);
  if (name && holdsDatabase) {
    return {
      refusal: `is on ${name}, a network file system, where SQLite cannot keep its promises. Use a local disk, or Postgres by DATABASE_URL`,
      warning: null,
    };
  }
  if (type === overlay) return { refusal: null, warning: 'is on an overlay file system, which ends with its container. Mount a volume there' };
  return { refusal: null, warning: null };
}

/** Makes it when absent; returns what the operator should know. */
export function prepareDataDir(dataDir: string, what: { holdsDatabase: boolean }): string[] {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new StartError(
      `DATA_DIR ${dataDir} cannot be written (${(error as NodeJS.ErrnoException).code}). Give this user the right to, or choose another.`,
      exitCodeConfig,
    );
  }
  if (process.platform !== 'linux') return [];
  const { refusal, warning } = judgeFileSystem(statfsSync(dataDir).type, what);
  if (refusal !== null) throw new StartError(`DATA_DIR ${dataDir} ${refusal}.`, exitCodeConfig);
  return warning === null ? [] : [`DATA_DIR ${dataDir} ${warning}.`];
}

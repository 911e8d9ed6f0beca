// `parley restore`: a backup in the place of what is there, or with --verify only the proof that it could be.
import { StartError } from '../errors.ts';
import type { Command } from './command.ts';

export const restore: Command = {
  name: 'restore',
  summary: 'put a backup back, into SQLite or Postgres, whichever it came from',
  parameters: [{ name: 'file', summary: 'a file that `parley backup` wrote' }],
  options: [
    { flags: '--verify', summary: 'restore into a database made for the purpose and throw that away; replace nothing' },
    { flags: '--replace', summary: 'also where there is data; the old SQLite database is kept under backups/' },
  ],
  examples: ['restore today.backup', 'restore today.backup --verify --json', 'restore today.backup --replace'],
  run: async ({ parameters: [file = ''], options, config: readConfig, terminal }) => {
    const [{ restoreBackup, verifyBackup }, { keyCheckOf }, { loadMasterKey, makeSecrets }, { takeLock }, { prepareDataDir }, { findServer }] =
      await Promise.all([
        import('../store/database/backup/restore.ts'),
        import('../main.ts'),
        import('../secrets.ts'),
        import('../store/database/lock.ts'),
        import('../store/database/data-dir.ts'),
        import('../egress/local.ts'),
      ]);
    const config = readConfig();
    const { dataDir, databaseUrl, masterKey } = config;
    const isAlone = databaseUrl === null;
    prepareDataDir(dataDir, { holdsDatabase: isAlone });
    const keyCheck = keyCheckOf(makeSecrets(loadMasterKey({ masterKey, dataDir, mayCreate: false })));
    const progress = terminal.progress(options.verify ? 'Verifying' : 'Restoring');
    const ask = { dataDir, databaseUrl, keyCheck, now: Date.now(), mayReplace: options.replace === true, seen: progress.at };
    if (options.verify) {
      const found = await verifyBackup(file, ask);
      progress.end();
      return terminal.reply({ file, verified: true, ...found }, `${file} is whole and can be restored: ${found.rows} rows and ${found.files} files.`);
    }
    if (!isAlone && (await findServer(dataDir))) throw new StartError('A server runs on this database. Stop every node first.', 75);
    const lock = isAlone ? takeLock(dataDir) : null;
    const restored = await restoreBackup(file, ask);
    lock?.release();
    progress.end();
    return terminal.reply({ file, restored: true, ...restored }, `Restored ${restored.rows} rows and ${restored.files} files. Start the server: parley start`);
  },
};

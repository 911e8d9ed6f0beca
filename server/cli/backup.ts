// `parley backup`: one file with everything but the master key, made beside the running server.
import { constants, setPriority } from 'node:os';
import type { Command } from './command.ts';

export const backup: Command = {
  name: 'backup',
  summary: 'write everything into one file, while the server runs',
  parameters: [{ name: 'file', summary: 'where to; an older backup there is replaced when the new one is whole' }],
  examples: ['backup /backups/today.backup', 'backup today.backup --json'],
  run: async ({ parameters: [file = ''], config: readConfig, terminal }) => {
    const [{ backUp, rememberBackup }, { backupAsk, openReader }] = await Promise.all([import('../store/database/backup/backup.ts'), import('../main.ts')]);
    // Whoever waits for the server goes first.
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    const config = readConfig();
    const { app, close } = await openReader(config, { write: terminal.note, fatal: () => {} });
    const progress = terminal.progress('Backing up');
    const ask = backupAsk(config, app.secrets);
    const made = await backUp(app.database, file, { ...ask, seen: progress.at });
    progress.end();
    await rememberBackup(config.dataDir, made, ask.now);
    await close();
    const { rows, files, sizeBytes } = made;
    return terminal.reply(
      { file, rows, files, bytes: sizeBytes, created_at: ask.now },
      `${file}: ${rows} rows and ${files} files in ${sizeBytes} bytes. To restore it you also need the master key; keep that elsewhere.`,
    );
  },
};

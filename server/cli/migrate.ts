// `parley migrate`: what `start` does to the schema, on its own; with --plan only what it would do.
import type { Command } from './command.ts';

export const migrate: Command = {
  name: 'migrate',
  summary: 'bring the database to this version; a backup is made first',
  options: [{ flags: '--plan', summary: 'say what is pending and change nothing' }],
  examples: ['migrate --plan', 'migrate'],
  run: async ({ options, config: readConfig, terminal }) => {
    const { openApp, openReader } = await import('../main.ts');
    const config = readConfig();
    const hooks = { write: terminal.note, fatal: () => {} };
    if (options.plan) {
      const { pending, close } = await openReader(config, hooks);
      await close();
      return terminal.reply({ pending }, pending.length === 0 ? 'Nothing is pending.' : `Pending:\n${pending.map((name) => `  ${name}`).join('\n')}`);
    }
    const { prepareDataDir } = await import('../store/database/data-dir.ts');
    const { takeLock } = await import('../store/database/lock.ts');
    const isAlone = config.databaseUrl === null;
    prepareDataDir(config.dataDir, { holdsDatabase: isAlone });
    const lock = isAlone ? takeLock(config.dataDir) : null;
    const { migrated, close } = await openApp(config, hooks);
    await close();
    lock?.release();
    return terminal.reply({ migrated }, migrated.length === 0 ? 'The database is current.' : `Applied:\n${migrated.map((name) => `  ${name}`).join('\n')}`);
  },
};

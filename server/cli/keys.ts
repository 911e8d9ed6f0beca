// `parley keys …`: API keys of all workspaces, for the operator.
import { type Command, textOf } from './command.ts';
import { callAsOperator, listAsOperator } from './operator.ts';

type Key = {
  id: number;
  name: string;
  prefix: string;
  workspace: number;
  bot: string | null;
  scopes: string[];
  owner: { name: string };
  last_used_at: number | null;
};

export const keysList: Command = {
  name: 'keys list',
  summary: 'all keys, without their secrets',
  examples: ['keys list', 'keys list --json'],
  run: async ({ config, terminal }) => {
    const keys = await listAsOperator<Key>(config(), '/v1/operator/keys');
    return terminal.reply({ data: keys }, keys.length === 0 ? 'There are no keys.' : keys.map(lineOf).join('\n'));
  },
};

function lineOf({ id, prefix, bot, workspace, owner, name, scopes, last_used_at }: Key): string {
  const used = last_used_at === null ? 'never used' : `used ${new Date(last_used_at).toISOString().slice(0, 10)}`;
  return `${String(id).padStart(5)}  ${prefix}…  ${bot ?? `workspace ${workspace}`}  ${name} (${owner.name})  ${scopes.join(', ')}  ${used}`;
}

export const keysCreate: Command = {
  name: 'keys create',
  summary: 'make a key of a bot; its secret is shown once',
  options: [
    { flags: '--email <email>', summary: 'the member it acts for', isRequired: true },
    { flags: '--bot <bot>', summary: 'its bot, such as f1', isRequired: true },
    { flags: '--name <name>', summary: 'what it is for', isRequired: true },
    { flags: '--scopes <list>', summary: 'separated by commas (all when absent): Manage Flow, Manage Team, Send Message, chats:read, chats:write' },
  ],
  examples: ['keys create --email you@example.com --bot f1 --name "Shop sync" --scopes "Manage Flow,Send Message"'],
  run: async (ask) => {
    const scopes = ask.options.scopes === undefined ? {} : { scopes: listOf(textOf(ask, 'scopes')) };
    const body = { email: textOf(ask, 'email'), bot: textOf(ask, 'bot'), name: textOf(ask, 'name'), ...scopes };
    const made = await callAsOperator<Key & { key: string }>(ask.config(), { method: 'POST', path: '/v1/operator/keys', body });
    return ask.terminal.reply(made, `${made.key}\nThis is key ${made.id}, ${made.name}. It is shown once and stored nowhere: keep it now.`);
  },
};

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

export const keysRevoke: Command = {
  name: 'keys revoke',
  summary: 'end a key; its next call is refused',
  parameters: [{ name: 'id', summary: 'the number that `keys list` shows' }],
  examples: ['keys revoke 12'],
  run: async ({ parameters: [id = ''], config, terminal }) => {
    await callAsOperator(config(), { method: 'DELETE', path: `/v1/operator/keys/${encodeURIComponent(id)}` });
    return terminal.reply({ id: Number(id), revoked: true }, `Key ${id} is revoked.`);
  },
};

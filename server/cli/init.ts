// `parley init`: an owner, a workspace, its first bot with a site, and a key of that bot; for machines and tests. A
// person uses the set-up link that `start` prints instead.
import { type Ask, type Command, textOf } from './command.ts';
import { callAsOperator } from './operator.ts';

type Made = {
  workspace: { id: number; name: string };
  bot: { id: number; flow_ns: string; name: string };
  owner: { id: number; email: string };
  api_key: string;
  site_key: string;
};

export const init: Command = {
  name: 'init',
  summary: 'make an owner, a workspace and its first bot; prints an API key and a site key',
  options: [
    { flags: '--email <email>', summary: "the owner's e-mail address", isRequired: true },
    { flags: '--password <password>', summary: 'their password: 10 characters, or 8 of four kinds', isRequired: true },
    { flags: '--name <name>', summary: 'their name (the part before the @ when absent)' },
    { flags: '--workspace <name>', summary: "the workspace's name", isRequired: true },
    { flags: '--bot <name>', summary: "the first bot's name", isRequired: true },
  ],
  examples: ['init --email you@example.com --password "correct horse" --workspace Acme --bot Helper --json'],
  run: async (ask: Ask) => {
    const name = ask.options.name === undefined ? {} : { name: textOf(ask, 'name') };
    const body = { email: textOf(ask, 'email'), password: textOf(ask, 'password'), ...name, workspace: textOf(ask, 'workspace'), bot: textOf(ask, 'bot') };
    const { workspace, bot, owner, api_key, site_key } = await callAsOperator<Made>(ask.config(), { method: 'POST', path: '/v1/operator/init', body });
    return ask.terminal.reply(
      { workspace, bot, owner, api_key, site_key },
      [
        `Workspace ${workspace.name} (${workspace.id}) is ready, owned by ${owner.email}.`,
        `Bot       ${bot.name} (${bot.flow_ns})`,
        `API key   ${api_key}   shown once; it may do everything this bot can`,
        `Site key  ${site_key}   public; for the widget on your pages`,
      ].join('\n'),
    );
  },
};

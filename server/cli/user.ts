// `parley user …`: people who sign in, for the operator when they no longer can.
import { type Command, textOf } from './command.ts';
import { callAsOperator } from './operator.ts';

export const userResetPassword: Command = {
  name: 'user reset-password',
  summary: 'give someone a new password and end all their sign-ins',
  parameters: [{ name: 'email', summary: 'the address they sign in with' }],
  options: [{ flags: '--password <password>', summary: 'the new one; made and printed when absent' }],
  examples: ['user reset-password you@example.com'],
  run: async (ask) => {
    const [email = ''] = ask.parameters;
    const password = ask.options.password === undefined ? {} : { password: textOf(ask, 'password') };
    const set = await callAsOperator<{ email: string; password: string }>(ask.config(), {
      method: 'POST',
      path: '/v1/operator/reset-password',
      body: { email, ...password },
    });
    return ask.terminal.reply(set, `${set.email} signs in with: ${set.password}`);
  },
};

// /v1/setup: the first owner, by the one-time link that was printed at the start.
import { z } from 'zod';
import { checkPassword, hashPassword } from '../../commands/passwords.ts';
import { checkSetupToken, completeSetup, isSetupNeeded } from '../../commands/setup.ts';
import { makePass, openSignIn } from '../../commands/sign-in.ts';
import { route } from '../../http/route.ts';
import { giveCookies } from './cookies.ts';
import { me, readMe } from './me.ts';
import { email, name, newPassword } from './shapes.ts';
import { agentOf } from './sign-in.ts';

const docs = { tag: 'Set-up' };

export const setupRoutes = [
  route({
    method: 'GET',
    path: '/setup',
    access: 'anyone',
    reply: z.object({ needed: z.boolean() }).meta({ id: 'Setup' }),
    docs: { ...docs, id: 'getSetup', summary: 'Is set-up still to be done' },
    run: async ({ app }) => ({ needed: await isSetupNeeded(app.db) }),
  }),
  route({
    method: 'POST',
    path: '/setup',
    access: 'anyone',
    body: z.object({ token: z.string().max(200), name, email, password: newPassword, workspace: name, bot: name }).meta({ id: 'CompleteSetup' }),
    reply: me,
    status: 201,
    secret: true,
    errors: ['forbidden', 'conflict'],
    limits: [{ name: 'setup', per: 'address', max: 30, windowMs: 60_000 }],
    docs: {
      ...docs,
      id: 'completeSetup',
      summary: 'Set the installation up',
      description:
        'Creates the first account, its workspace, a bot and that bot’s first site, and signs the owner in. The token is in the link that the server prints while there is no account; it works once.',
      example: {
        token: 'from the printed link',
        name: 'Olive Owner',
        email: 'olive@example.com',
        password: 'correct horse battery',
        workspace: 'Acme',
        bot: 'Helper',
      },
    },
    run: async ({ app, body, request, reply }) => {
      await checkSetupToken(app, app.db, body.token);
      checkPassword(body.password, body.email);
      const passwordHash = await hashPassword(body.password);
      const pass = makePass(app);
      const shown = await app.transact(async (tx) => {
        const account = await completeSetup(app, tx, { ...body, passwordHash });
        await openSignIn(app, tx, account, pass, agentOf(request));
        return readMe(tx, account, null);
      });
      giveCookies(app, reply, pass);
      return shown;
    },
  }),
];

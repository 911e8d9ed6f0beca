// /v1/sign-in and /v1/sign-out: a person comes in with a password, and goes.
import { z } from 'zod';
import { passwordGuesses } from '../../commands/passwords.ts';
import { checkCredentials, closeSignIn, makePass, openSignIn } from '../../commands/sign-in.ts';
import { headerText, type RequestInfo, route } from '../../http/route.ts';
import { fold } from '../../store/pages.ts';
import { giveCookies, takeCookies } from './cookies.ts';
import { me, personOf, readMe } from './me.ts';

export function agentOf(request: RequestInfo): string {
  return headerText(request.headers, 'user-agent');
}

const docs = { tag: 'Sign-in' };

export const signInRoutes = [
  route({
    method: 'POST',
    path: '/sign-in',
    access: 'anyone',
    body: z.object({ email: z.string().trim().max(254), password: z.string().max(1000) }).meta({ id: 'SignIn' }),
    reply: me,
    secret: true,
    limits: [{ name: 'sign-in', per: 'address', max: 30, windowMs: 60_000 }],
    docs: {
      ...docs,
      id: 'signIn',
      summary: 'Sign in with a password',
      description:
        'Sets the cookies `sid` and `csrf`; every later write repeats the value of `csrf` in the header `X-CSRF-Token`. A sign-in ends after 30 days without use and after 90 in any case. At most 10 attempts a minute per account.',
      example: { email: 'olive@example.com', password: 'correct horse battery' },
    },
    run: async ({ app, body, request, reply, count }) => {
      await count(passwordGuesses, fold(body.email));
      const account = await checkCredentials(app, body);
      const pass = makePass(app);
      const shown = await app.transact(async (tx) => {
        await openSignIn(app, tx, account, pass, agentOf(request));
        return readMe(tx, account, null);
      });
      giveCookies(app, reply, pass);
      return shown;
    },
  }),
  route({
    method: 'POST',
    path: '/sign-out',
    access: 'person',
    docs: { ...docs, id: 'signOut', summary: 'Sign out', description: 'Ends this sign-in and clears its cookies.' },
    run: async ({ app, caller, reply }) => {
      await app.transact((tx) => closeSignIn(app, tx, personOf(caller).signIn));
      takeCookies(reply);
      return undefined;
    },
  }),
];

// The console's session is two cookies. `sid` is the credential and out of reach of scripts; `csrf` is what the console
// repeats in X-CSRF-Token with every write.
import type { App } from '../../app.ts';
import { csrfCookie, csrfToken, signInCookie, signInMaxMs } from '../../auth.ts';
import type { Pass } from '../../commands/sign-in.ts';
import { type Context, type RequestInfo, readCookie } from '../../http/route.ts';
import type { SignIn } from '../../store/accounts.ts';

type Reply = Context<unknown, unknown, unknown>['reply'];

// As long as a sign-in can last; when it really ends, the server knows.
const maxAgeS = signInMaxMs / 1000;

export function giveCookies(app: App, reply: Reply, pass: Pass): void {
  reply.cookie(signInCookie, pass.secret, { maxAgeS, httpOnly: true });
  reply.cookie(csrfCookie, csrfToken(app.secrets, pass), { maxAgeS, httpOnly: false });
}

/** A browser that lost only the second cookie could neither write nor sign in again; a reload gives it back. */
export function mendCookies(app: App, reply: Reply, request: RequestInfo, signIn: SignIn): void {
  const token = csrfToken(app.secrets, signIn);
  if (readCookie(request.headers, csrfCookie) !== token) reply.cookie(csrfCookie, token, { maxAgeS, httpOnly: false });
}

export function takeCookies(reply: Reply): void {
  reply.cookie(signInCookie, '', { maxAgeS: 0, httpOnly: true });
  reply.cookie(csrfCookie, '', { maxAgeS: 0, httpOnly: false });
}

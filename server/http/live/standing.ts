// A stream lasts longer than a key, a sign-in or a membership: what was asked when it began is asked again while it lasts.
import { type Access, authorise, type Caller, callerName } from '../../auth.ts';
import { AppError } from '../../errors.ts';
import type { Admitted } from '../admit.ts';
import type { Pass } from '../route.ts';
import type { Machine, Served } from '../serve.ts';

export type Standing = {
  /** The same for all that hangs on one credential. */
  name: string;
  /** False when it would be refused by now, or would see another tenant or with other rights. */
  holds(): Promise<boolean>;
};

export function standingOf({ app }: Pick<Machine, 'app'>, { route }: Served, pass: Pass, admitted: Admitted): Standing {
  const access = route.access as Access;
  const name = nameOf(admitted, access);
  return {
    name,
    holds: async () => {
      try {
        const caller = await pass.caller();
        return caller !== null && nameOf({ caller, tenant: await authorise(app.db, caller, access, pass.hints) }, access) === name;
      } catch (error) {
        // Where nobody can be looked up nothing can be read either: that is asked again.
        return !(error instanceof AppError) || error.status >= 500;
      }
    },
  };
}

function nameOf({ caller, tenant }: Pick<Admitted, 'caller' | 'tenant'>, access: Access): string {
  const signIn = caller.kind === 'account' ? caller.signIn.hash : '';
  return JSON.stringify([callerName(caller, ''), tenant.workspaceId, tenant.botId, tenant.role, scopesOf(caller), access, signIn]);
}

function scopesOf(caller: Caller): readonly string[] {
  return caller.kind === 'key' ? caller.scopes : [];
}

/** The credential in a request's headers; what it counts against was counted when it came. */
export function passOf(machine: Machine, served: Served, request: { headers: Record<string, string | string[] | undefined>; url: string }): Pass {
  const { app } = machine;
  const { door } = served;
  const { headers, url } = request;
  const context = () => ({ db: app.db, now: app.clock.now(), mac: app.secrets.mac, operatorToken: app.operatorToken });
  return { hints: door.hints(headers), caller: () => door.authenticate(context(), headers, 'GET', url), isTicket: false };
}

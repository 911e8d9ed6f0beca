// What tells a person from a program at the first message. It only marks: whoever looks at the conversation sees it, and
// nobody is refused for it.
import type { App } from '../app.ts';
import { equalSecrets } from '../secrets.ts';
import type { Db } from '../store/database.ts';
import { noteInbound } from '../store/inbound.ts';
import type { Site } from '../store/sites.ts';

const goodMs = 3_600_000;
/** Nobody reads, thinks and writes faster. */
const humanMs = 1_500;

/** Signed and good for an hour; it says when it was given out. */
export function makeNonce(app: App, site: Pick<Site, 'id'>): string {
  const said = `${app.clock.now()}.${app.random.token(9)}`;
  return `${said}.${signatureOf(app, site, said)}`;
}

function signatureOf({ secrets }: App, site: Pick<Site, 'id'>, said: string): string {
  return secrets.mac('nonce', `${site.id} ${said}`);
}

/** Marks of whoever is hardly a person. That there is no nonce, or an old one, makes nobody suspicious. */
const suspicious: ReadonlySet<string> = new Set(['honeypot', 'fast', 'wrong_nonce', 'used_nonce']);

export function isSuspect(marks: readonly string[]): boolean {
  return marks.some((mark) => suspicious.has(mark));
}

export type Signs = { nonce: string | null; honey: string };

export async function marksOf(app: App, tx: Db, site: Pick<Site, 'id'>, { nonce, honey }: Signs): Promise<string[]> {
  const marks = honey === '' ? [] : ['honeypot'];
  if (nonce === null) return [...marks, 'no_nonce'];
  const [givenAt = '', chance = '', signature = ''] = nonce.split('.');
  if (!equalSecrets(signature, signatureOf(app, site, `${givenAt}.${chance}`))) return [...marks, 'wrong_nonce'];
  const age = app.clock.now() - Number(givenAt);
  if (age > goodMs) return [...marks, 'old_nonce'];
  if (!(await noteInbound(tx, `nonce ${site.id}`, `${givenAt}.${chance}`, app.clock.now()))) marks.push('used_nonce');
  return age < humanMs ? [...marks, 'fast'] : marks;
}

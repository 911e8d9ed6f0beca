// Passwords: argon2id (19 MiB, two passes), hashed off the event loop and never inside a transaction.
import { argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { invalidField } from '../errors.ts';
import { equalSecrets } from '../secrets.ts';
import { fold } from '../store/pages.ts';

/** How often one account's password may be guessed, at whatever call and from wherever. */
export const passwordGuesses = { name: 'password', max: 10, windowMs: 60_000 };

export function checkPassword(password: string, email: string): void {
  const length = [...password].length;
  const isMixed = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u].every((kind) => kind.test(password));
  if (length < 8 || (length < 10 && !isMixed)) {
    throw invalidField('password', 'The password needs at least 10 characters, or 8 with upper and lower case letters, a digit and a symbol.', 'weak');
  }
  if (fold(password) === fold(email)) throw invalidField('password', 'The password must not be the e-mail address.', 'weak');
}

const parameters = { parallelism: 1, memory: 19_456, passes: 2, tagLength: 32 } as const;
const hash = promisify(argon2);

export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = (await hash('argon2id', { message: password.normalize('NFC'), nonce, ...parameters })) as Buffer;
  return `$argon2id$v=19$m=${parameters.memory},t=${parameters.passes},p=1$${nonce.toString('base64url')}$${tag.toString('base64url')}`;
}

// Compared against when there is no such account, so that both answers take the same time.
const nobody = `$argon2id$v=19$m=${parameters.memory},t=${parameters.passes},p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, , , cost = '', nonce = '', tag = ''] = (stored ?? nobody).split('$');
  const found = /^m=(\d+),t=(\d+),p=(\d+)$/.exec(cost);
  if (!found) return false;
  const asked = { memory: Number(found[1]), passes: Number(found[2]), parallelism: Number(found[3]), tagLength: 32 };
  const made = (await hash('argon2id', { message: password.normalize('NFC'), nonce: Buffer.from(nonce, 'base64url'), ...asked })) as Buffer;
  return stored !== null && equalSecrets(made.toString('base64url'), tag);
}

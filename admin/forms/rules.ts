// What inputs must be, said before the server has to: pure, the same answers as the server's.

export function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text.trim()) && text.length <= 254;
}

export type Strength = 'none' | 'weak' | 'fair' | 'good' | 'strong';

/** The rule is the server's; strength is only advice: what a guesser who knows people would need. */
export function judgePassword(password: string, email: string): { isAllowed: boolean; isEmail: boolean; strength: Strength } {
  const kinds = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u].filter((kind) => kind.test(password)).length;
  const length = [...password].length;
  const isOwnEmail = password !== '' && password.trim().toLocaleLowerCase() === email.trim().toLocaleLowerCase();
  const isAllowed = !isOwnEmail && (length >= 10 || (length >= 8 && kinds === 4));
  return { isAllowed, isEmail: isOwnEmail, strength: strengthOf(password, kinds, isAllowed) };
}

function strengthOf(password: string, kinds: number, isAllowed: boolean): Strength {
  if (password === '') return 'none';
  if (!isAllowed) return 'weak';
  // A repeated or following character adds little: aaaa, 1234, qwer.
  const rows = 'abcdefghijklmnopqrstuvwxyz 01234567890 qwertyuiop asdfghjkl zxcvbnm';
  const chars = [...password.toLowerCase()];
  const fresh = chars.filter((char, at) => at === 0 || (char !== chars[at - 1] && !rows.includes(`${chars[at - 1]}${char}`))).length;
  const score = fresh + 0.35 * (chars.length - fresh) + 1.5 * (kinds - 1) + (new Set(chars).size >= 8 ? 1 : -3);
  return score >= 17 ? 'strong' : score >= 12 ? 'good' : 'fair';
}

/** What people paste (`shop.example/cart`) as the origin it means, or null when it is none. */
export function toOrigin(text: string): string | null {
  const given = text.trim().toLowerCase();
  if (given === 'null') return 'null';
  const found = /^(?:(https?):\/\/)?(\*\.)?([^\s/?#@*:]+)(?::(\d{1,5}))?(?:[/?#].*)?$/.exec(given);
  const host = found?.[3] ?? '';
  const isLocal = host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host);
  if (!found || (!isLocal && !host.includes('.'))) return null;
  const plain = `${found[1] ?? (isLocal ? 'http' : 'https')}://${host}${found[4] ? `:${found[4]}` : ''}`;
  if (!URL.canParse(plain)) return null;
  const { protocol, host: canonical } = new URL(plain);
  return `${protocol}//${found[2] ?? ''}${canonical}`;
}

/** Where to go after a sign-in: a link that leads to another host must not be followed with a fresh one. */
export function ownPath(next: string | undefined): string {
  return next !== undefined && /^\/app(\/(?!sign-in)|\?|$)/.test(next) ? next : '/app';
}

// What a trace shows of a value: enough to follow a run, little enough to keep for every block, nothing that looks secret.
import { isSecretName, looksSecret } from '../check/secrets.ts';
import type { Value } from '../expression/value.ts';

const maxUnits = 60;
const hidden = '•••';

export function shown(path: string, value: Value): string {
  const name = path.slice(path.indexOf('.') + 1);
  if (isSecretName(name)) return hidden;
  if (Array.isArray(value)) return `[${value.length}]`;
  if (value !== null && typeof value === 'object') return `{${Object.keys(value).length}}`;
  if (typeof value !== 'string') return String(value);
  if (looksSecret(value, name)) return hidden;
  if (value.length <= maxUnits) return value;
  // Not through the middle of a character.
  return `${value.slice(0, maxUnits - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

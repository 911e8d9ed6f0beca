// What a secret looks like, so that none is pasted into a flow. Better one warning too many: flows are shared.
const shapes = [
  /\bsk[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{16,}/,
  /\bpk_(?:live|test)_[A-Za-z0-9]{20,}/,
  /\brk_(?:live|test)_[A-Za-z0-9]{16,}/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\bAIza[0-9A-Za-z_-]{30,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\./,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\b(?:Bearer|Basic)\s+[A-Za-z0-9+/_=-]{16,}/i,
  /:\/\/[^/\s:@]+:[^/\s:@{]{4,}@/,
];

const secretNames = /^(authorization|proxy-authorization|x-api-key|api[-_]?key|apikey|token|access[-_]?token|secret|client[-_]?secret|password)$/i;

/** What goes by such a name is hidden from people, whatever it is. */
export function isSecretName(name: string): boolean {
  return secretNames.test(name);
}

export function looksSecret(text: string, name: string): boolean {
  if (shapes.some((shape) => shape.test(text))) return true;
  return isSecretName(name) && !text.includes('{{') && /[A-Za-z0-9]{8,}/.test(text) && /\d/.test(text);
}

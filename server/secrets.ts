// Everything derived from the master key: keyed hashes, tokens, and what is kept sealed. The key itself never leaves this file's closures,
// and each purpose has its own subkey, so that a hash made for one can never be used for another.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './errors.ts';

export const exitCodeConfig = 78;

export type Purpose =
  | 'api-key'
  | 'sign-in'
  | 'csrf'
  | 'invite'
  | 'set-up'
  | 'audit-chain'
  | 'key-check'
  | 'idempotency'
  | 'wait-webhook'
  | 'webhook-signature'
  | 'trigger-webhook'
  | 'visitor'
  | 'conversation'
  | 'ticket'
  | 'file'
  | 'identity'
  | 'chat-webhook'
  | 'nonce';

export type Secrets = {
  /** Keyed hash, base64url: what is stored instead of a token. */
  mac(purpose: Purpose, text: string): string;
  /** What must be read again, such as a key to sign with, in a form that only this installation can open. */
  seal(purpose: Purpose, text: string): string;
  /** Throws when it was not sealed here, for this, or was changed since: nothing that is ours. */
  unseal(purpose: Purpose, sealed: string): string;
};

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export function makeSecrets(masterKey: Buffer): Secrets {
  const subkeys = new Map<Purpose, Buffer>();
  const subkey = (purpose: Purpose): Buffer => {
    const kept = subkeys.get(purpose);
    if (kept) return kept;
    const made = Buffer.from(hkdfSync('sha256', masterKey, 'parley', purpose, 32));
    subkeys.set(purpose, made);
    return made;
  };
  return {
    mac: (purpose, text) => createHmac('sha256', subkey(purpose)).update(text).digest('base64url'),
    seal: (purpose, text) => {
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, subkey(purpose), nonce);
      const hidden = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
      return Buffer.concat([nonce, sealing.getAuthTag(), hidden]).toString('base64url');
    },
    unseal: (purpose, sealed) => {
      const bytes = Buffer.from(sealed, 'base64url');
      const [nonce, tag] = [bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes, nonceBytes + tagBytes)];
      const opening = createDecipheriv(cipher, subkey(purpose), nonce, { authTagLength: tagBytes }).setAuthTag(tag);
      return Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]).toString('utf8');
    },
  };
}

export function equalSecrets(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

export function masterKeyFile(dataDir: string): string {
  return join(dataDir, 'master.key');
}

/** 32 bytes, from the environment (base64 or hex), a file, or `DATA_DIR/master.key`, which the first start writes. */
export function loadMasterKey(given: { masterKey: string | null; dataDir: string; mayCreate: boolean }): Buffer {
  if (given.masterKey !== null) return parseMasterKey(given.masterKey, 'MASTER_KEY');
  const file = masterKeyFile(given.dataDir);
  if (existsSync(file)) {
    if ((statSync(file).mode & 0o077) !== 0 && process.platform !== 'win32') {
      throw new StartError(`${file} can be read by others. Run: chmod 600 ${file}`, exitCodeConfig);
    }
    return parseMasterKey(readFileSync(file, 'utf8'), file);
  }
  if (!given.mayCreate) throw new StartError(`There is no master key at ${file}. Set MASTER_KEY or restore the file.`, exitCodeConfig);
  const key = randomBytes(32);
  writeFileSync(file, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}

/** The key's bytes, or null when the text is not a usable key (config.ts reports it among the other problems). */
export function readMasterKey(text: string): Buffer | null {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64');
  // Thirty-two equal bytes, or few different ones, were typed by hand or copied from an example.
  return key.length === 32 && new Set(key).size >= 12 ? key : null;
}

function parseMasterKey(text: string, where: string): Buffer {
  const key = readMasterKey(text);
  if (!key) throw new StartError(`${where} must be 32 random bytes in base64 or hex. Make one with: openssl rand -base64 32`, exitCodeConfig);
  return key;
}

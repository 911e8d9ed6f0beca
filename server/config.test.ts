import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { configLines, type Environment, printableConfig, readConfig, settings } from './config.ts';
import { StartError } from './errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'test-config-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;

function fileWith(text: string, mode = 0o600): string {
  files += 1;
  const file = join(directory, `file-${files}`);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function refusalOf(environment: Environment, configFile?: string): StartError {
  try {
    readConfig(environment, configFile === undefined ? {} : { configFile });
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    return error as StartError;
  }
  throw new Error('the configuration was accepted');
}

const goodKey = 'QXxLyJvqN1+acyme5AnTBoKZpd/owlhziDBuEbxKq0E=';

/** One bad value each: its name, the value, and a word of the sentence that says what is wrong. */
const bad: [name: string, value: string, says: RegExp][] = [
  ['PORT', 'eighty', /whole number/],
  ['PORT', '-1', /whole number/],
  ['PORT', '65536', /whole number/],
  ['PORT', '80.5', /whole number/],
  ['PORT', '1e3', /whole number/],
  ['PORT', '0x50', /whole number/],
  ['HOST', 'not a host', /address or a host name/],
  ['HOST', 'http://localhost', /address or a host name/],
  ['HOST', '-chat.example.com', /address or a host name/],
  ['HOST', `${'a'.repeat(260)}`, /address or a host name/],
  ['DATA_DIR', 'data\u0000dir', /one line/],
  ['DATA_DIR', 'x'.repeat(5000), /one line/],
  ['DATABASE_URL', 'localhost:5432', /postgres:\/\//],
  ['DATABASE_URL', 'mysql://localhost/parley', /postgres:\/\//],
  ['DATABASE_URL', 'postgres', /postgres:\/\//],
  ['DATABASE_URL', 'postgres://a b/\nc', /one line/],
  ['REDIS_URL', 'localhost:6379', /redis:\/\//],
  ['REDIS_URL', 'http://localhost:6379', /redis:\/\//],
  ['REDIS_URL', 'redis', /redis:\/\//],
  ['PUBLIC_URL', 'chat.example.com', /http:\/\/ or https:\/\//],
  ['PUBLIC_URL', 'ftp://chat.example.com', /http:\/\/ or https:\/\//],
  ['PUBLIC_URL', 'http://chat.example.com', /https/],
  ['PUBLIC_URL', 'http://10.0.0.1', /https/],
  ['PUBLIC_URL', 'http://127.evil.example', /https/],
  ['PUBLIC_URL', 'https://chat.example.com/chat', /no path/],
  ['PUBLIC_URL', 'https://chat.example.com/?a=1', /no path/],
  ['PUBLIC_URL', 'https://chat.example.com/#a', /no path/],
  ['PUBLIC_URL', 'https://name:secret@chat.example.com', /no path/],
  ['LOG_LEVEL', 'verbose', /debug, info, warn, error, silent/],
  ['LOG_LEVEL', 'INFO', /debug, info/],
  ['MASTER_KEY', 'secret', /32 random bytes/],
  ['MASTER_KEY', 'changeme'.repeat(4), /32 random bytes/],
  ['MASTER_KEY', '0'.repeat(64), /32 random bytes/],
  ['MASTER_KEY', 'ab'.repeat(32), /32 random bytes/],
  ['MASTER_KEY', Buffer.alloc(32, 'password').toString('base64'), /32 random bytes/],
  ['MASTER_KEY', Buffer.alloc(31, 'abcdefghijklmnopqrstuvwxyz').toString('base64'), /32 random bytes/],
  ['EGRESS', 'closed', /open, listed/],
  ['EGRESS', 'on', /open, listed/],
  ['EGRESS_ALLOW', 'http://crm.internal', /host, ip or cidr/],
  ['EGRESS_ALLOW', '10.0.0.0/33', /host, ip or cidr/],
  ['EGRESS_ALLOW', 'crm.internal:99999', /host, ip or cidr/],
  ['EGRESS_ALLOW', 'crm.internal:0', /host, ip or cidr/],
  ['EGRESS_ALLOW', '300.1.1.1', /host, ip or cidr/],
  ['EGRESS_ALLOW', '*.internal', /host, ip or cidr/],
  ['EGRESS_ALLOW', 'a,,b', /host, ip or cidr/],
  ['EGRESS_ALLOW', '[10.0.0.1]:80', /host, ip or cidr/],
  ['RATE_LIMITS', 'none', /on, off/],
  ['RATE_LIMITS', 'false', /on, off/],
  ['TRUST_PROXY', 'true', /addresses or CIDR/],
  ['TRUST_PROXY', '*', /addresses or CIDR/],
  ['TRUST_PROXY', '10.0.0.0/40', /addresses or CIDR/],
  ['TRUST_PROXY', '10.0.0.0/8/8', /addresses or CIDR/],
  ['TRUST_PROXY', 'proxy.internal', /addresses or CIDR/],
  ['TRUST_PROXY', '127.0.0.1;10.0.0.1', /addresses or CIDR/],
  ['METRICS_TOKEN', 'short', /16 characters/],
  ['METRICS_TOKEN', 'long enough but with spaces', /16 characters/],
  ['SMTP_URL', 'mail.example.com:25', /smtp:\/\//],
  ['SMTP_URL', 'https://mail.example.com', /smtp:\/\//],
  ['ROLES', 'web', /http and worker/],
  ['ROLES', 'http worker', /http and worker/],
  ['ROLES', 'http,', /http and worker/],
  ['BRAND_NAME', 'A'.repeat(61), /60 characters/],
  ['BRAND_LOGO', 'logo.svg', /http:\/\//],
  ['BRAND_LOGO', 'javascript:alert(1)', /http:\/\//],
  ['BRAND_LOGO', 'data:image/svg+xml,<svg/>', /http:\/\//],
  ['BRAND_COLOR', 'blue', /six hex digits/],
  ['BRAND_COLOR', '#123', /six hex digits/],
  ['BRAND_COLOR', '#2f6fed;background:url(x)', /six hex digits/],
  ['BRAND_FAVICON', '/favicon.ico', /http:\/\//],
  ['BRAND_SUPPORT_URL', 'help@acme.example', /mailto:/],
  ['BRAND_MAIL_FROM', 'Acme Chat', /e-mail address/],
  ['BRAND_MAIL_FROM', 'Acme <chat@acme.example> <x@y>', /e-mail address/],
];

describe('a bad setting is refused by name, with an example and exit code 78', () => {
  test.each(bad)('%s=%j', (name, value, says) => {
    const { message, exitCode } = refusalOf({ [name]: value });
    expect(exitCode).toBe(78);
    expect(message).toContain('has a problem:');
    expect(message).toMatch(new RegExp(`^  ${name} .*Example: ${name}=`, 'm'));
    expect(message).toMatch(says);
  });

  test('the matrix has at least sixty', () => {
    expect(bad.length).toBeGreaterThanOrEqual(60);
  });

  const bucket = { S3_BUCKET: 'acme-files', S3_ACCESS_KEY_ID: 'AKTEST', S3_SECRET_ACCESS_KEY: 'its-secret' };

  test.each([
    ['S3_BUCKET', 'Acme_Files', /lower-case/],
    ['S3_BUCKET', 'a', /lower-case/],
    ['S3_BUCKET', '../etc', /lower-case/],
    ['S3_ENDPOINT', 'minio.example.com', /http:\/\//],
    ['S3_ENDPOINT', 'https://minio.example.com/bucket', /S3_BUCKET/],
    ['S3_ENDPOINT', 'https://name:secret@minio.example.com', /after the host/],
    ['S3_REGION', 'eu central', /letters/],
    ['S3_PREFIX', '../x', /letters/],
    ['S3_PREFIX', '/x', /letters/],
    ['S3_ACCESS_KEY_ID', 'AK TEST', /no spaces/],
    ['S3_SECRET_ACCESS_KEY', 'two words', /no spaces/],
  ])('%s=%j, where the rest of the bucket is good', (name, value, says) => {
    const { message } = refusalOf({ ...bucket, [name]: value });
    expect(message).toMatch(new RegExp(`^  ${name} .*Example: ${name}=`, 'm'));
    expect(message).toMatch(says);
  });

  test('a bucket is named with its keys, or not at all', () => {
    expect(readConfig({}).config.s3).toBeNull();
    for (const name of Object.keys(bucket)) {
      expect(refusalOf({ ...bucket, [name]: '' }).message).toMatch(new RegExp(`^The configuration has a problem:\\n  ${name} is missing`));
    }
    expect(refusalOf({ S3_ENDPOINT: 'https://minio.example.com' }).message).toContain('3 problems');
    const { config } = readConfig({ ...bucket, S3_ENDPOINT: 'http://10.0.0.7:9000/', S3_PREFIX: 'chat' });
    const [accessKeyId, secretAccessKey] = [bucket.S3_ACCESS_KEY_ID, bucket.S3_SECRET_ACCESS_KEY];
    expect(config.s3).toEqual({ endpoint: 'http://10.0.0.7:9000', region: 'us-east-1', bucket: 'acme-files', prefix: 'chat/', accessKeyId, secretAccessKey });
    expect(configLines(config)).not.toMatch(/its-secret|AKTEST/);
  });

  test('limits may be off only on a loopback address', () => {
    for (const HOST of ['0.0.0.0', '::', '192.168.1.5', 'chat.example.com']) expect(refusalOf({ HOST, RATE_LIMITS: 'off' }).message).toContain('RATE_LIMITS');
    for (const HOST of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) expect(readConfig({ HOST, RATE_LIMITS: 'off' }).config.rateLimits).toBe(false);
  });

  test('all problems are told at once', () => {
    const all = Object.fromEntries(bad.map(([name, value]) => [name, value]));
    const { message } = refusalOf(all);
    for (const name of Object.keys(all)) expect(message).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(message).toContain(`${message.split('\n').length - 1} problems`);
  });

  test('a secret is not repeated in the sentence that refuses it', () => {
    expect(refusalOf({ MASTER_KEY: 'hunter2hunter2' }).message).not.toContain('hunter2');
    expect(refusalOf({ METRICS_TOKEN: 'hunter2' }).message).not.toContain('hunter2');
  });
});

describe('values from files', () => {
  test('NAME_FILE stands for what the file holds', () => {
    const { config } = readConfig({ MASTER_KEY_FILE: fileWith(`${goodKey}\n`), METRICS_TOKEN_FILE: fileWith('0123456789abcdef') });
    expect(config.masterKey).toBe(goodKey);
    expect(config.metricsToken).toBe('0123456789abcdef');
  });

  test('a name and its file together, a file that is not there, empty, a directory, or open to all are refused', () => {
    expect(refusalOf({ PORT: '80', PORT_FILE: fileWith('80') }).message).toContain('PORT and PORT_FILE are both set');
    expect(refusalOf({ MASTER_KEY_FILE: '/nowhere/key' }).message).toContain(
      'MASTER_KEY_FILE names /nowhere/key, which cannot be read (no such file or directory)',
    );
    expect(refusalOf({ MASTER_KEY_FILE: fileWith('') }).message).toContain('which is empty');
    expect(refusalOf({ MASTER_KEY_FILE: directory }).message).toContain('cannot be read');
    expect(refusalOf({ MASTER_KEY_FILE: fileWith(goodKey, 0o644) }).message).toContain('which anyone can read. Run: chmod 600');
    expect(refusalOf({ MASTER_KEY_FILE: fileWith('weak') }).message).toContain('MASTER_KEY must be 32 random bytes');
    expect(readConfig({ BRAND_NAME_FILE: fileWith('Acme', 0o644) }).config.brand.name).toBe('Acme');
  });

  test('--config gives what the environment does not', () => {
    const file = fileWith('# ours\nPORT=9000\n\nBRAND_NAME="Acme Chat"\nHOST = 127.0.0.2\n');
    const { config } = readConfig({ PORT: '9001' }, { configFile: file });
    expect([config.port, config.host, config.brand.name]).toEqual([9001, '127.0.0.2', 'Acme Chat']);
    expect(readConfig({}, { configFile: file, port: '9002' }).config.port).toBe(9002);
  });

  test('an unknown or repeated name and a line that is none are refused with their place', () => {
    const file = fileWith('PORT=9000\nPROT=1\nport=2\nhello\nPORT=3\n');
    const { message } = refusalOf({}, file);
    for (const said of [
      `${file}:2: PROT is not a setting`,
      `${file}:3: port is not a setting`,
      `${file}:4: is not NAME=value`,
      `${file}:5: PORT stands there twice`,
    ]) {
      expect(message).toContain(said);
    }
    expect(refusalOf({}, '/nowhere/parley.conf').message).toContain('--config names /nowhere/parley.conf, which cannot be read');
  });

  test('names that are not settings are left alone in the environment', () => {
    expect(readConfig({ PATH: '/bin', PORTS: 'x' }).config.port).toBe(8080);
  });
});

describe('what holds', () => {
  test('an empty environment gives what the operators read', () => {
    const { config, warnings } = readConfig({ PORT: '' });
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ port: 8080, host: '127.0.0.1', publicUrl: 'http://127.0.0.1:8080', logLevel: 'info', egress: 'open', rateLimits: true });
    expect(config.roles).toEqual({ http: true, worker: true });
  });

  test('listening to the world without PUBLIC_URL warns, and links say localhost rather than 0.0.0.0', () => {
    const { config, warnings } = readConfig({ HOST: '0.0.0.0' });
    expect(config.publicUrl).toBe('http://localhost:8080');
    expect(warnings.join()).toContain('PUBLIC_URL');
    expect(readConfig({ HOST: '::1' }).config.publicUrl).toBe('http://[::1]:8080');
    expect(readConfig({ HOST: '0.0.0.0', PUBLIC_URL: 'https://chat.example.com/' })).toMatchObject({
      warnings: [],
      config: { publicUrl: 'https://chat.example.com' },
    });
  });

  test('good lists pass', () => {
    const targets = '10.0.0.7:8443,crm.internal,my_service:80,[fd00::1]:443,[fd00::1],10.0.0.0/8,10.0.0.0/8:443,fd00::/8,::1';
    expect(readConfig({ EGRESS_ALLOW: targets, TRUST_PROXY: '127.0.0.1, ::1, 10.0.0.0/8' }).config).toMatchObject({
      egressAllow: targets.split(','),
      trustProxy: ['127.0.0.1', '::1', '10.0.0.0/8'],
    });
    for (const sender of ['chat@acme.example', 'Acme Chat <chat@acme.example>'])
      expect(readConfig({ BRAND_MAIL_FROM: sender }).config.brand.mailFrom).toBe(sender);
  });

  test('every setting is printed under its name, and no secret with it', () => {
    const secrets = {
      MASTER_KEY: goodKey,
      METRICS_TOKEN: 'metrics-secret-0123',
      DATABASE_URL: 'postgres://parley:db-secret@db/parley?sslpassword=ssl-secret',
      REDIS_URL: 'redis://:redis-secret@cache:6379',
      SMTP_URL: 'smtps://mailer:smtp-secret@mail.example.com',
    };
    const { config } = readConfig(secrets);
    expect(Object.keys(printableConfig(config))).toEqual(settings.map(({ name }) => name));
    const printed = JSON.stringify(printableConfig(config)) + configLines(config);
    for (const secret of [goodKey, 'metrics-secret', 'db-secret', 'ssl-secret', 'redis-secret', 'smtp-secret']) expect(printed).not.toContain(secret);
    expect(printed).toContain('postgres://parley:***@db/parley');
  });

  test('what is printed for people can be read back', () => {
    const { config } = readConfig({ PORT: '9000', BRAND_NAME: 'Acme', TRUST_PROXY: '::1' });
    expect(readConfig({}, { configFile: fileWith(configLines(config)) }).config).toEqual(config);
  });
});

// The environment, read once and judged whole: all problems at once, each with its name and an example. The only file
// that touches process.env. A value may come from a file named in NAME_FILE, and all of them from --config FILE.
import { readFileSync, statSync } from 'node:fs';
import { isIP, isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { StartError } from './errors.ts';
import { exitCodeConfig, readMasterKey } from './secrets.ts';

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export type Brand = { name: string; logo: string | null; color: string; favicon: string | null; supportUrl: string | null; mailFrom: string | null };

export type Config = {
  port: number;
  host: string;
  dataDir: string;
  databaseUrl: string | null;
  redisUrl: string | null;
  publicUrl: string;
  logLevel: (typeof logLevels)[number];
  masterKey: string | null;
  egress: 'open' | 'listed';
  egressAllow: string[];
  rateLimits: boolean;
  /** Addresses whose X-Forwarded-* headers are believed; empty = none. */
  trustProxy: string[];
  metricsToken: string | null;
  smtpUrl: string | null;
  /** Where files lie instead of DATA_DIR; `endpoint` null is Amazon's. */
  s3: { endpoint: string | null; region: string; bucket: string; prefix: string; accessKeyId: string; secretAccessKey: string } | null;
  roles: { http: boolean; worker: boolean };
  brand: Partial<Brand>;
};

type Setting = {
  name: string;
  example: string;
  /** What holds without it, as the operators' page says it. */
  otherwise: string;
  says: string;
  isSecret?: boolean;
};

/** THE LIST of names, complete: what is read, what --print-config shows, and the operators' page are made from it. */
export const settings: Setting[] = [
  { name: 'PORT', example: '8080', otherwise: '8080', says: 'Where to listen; 0 is any free port.' },
  { name: 'HOST', example: '127.0.0.1', otherwise: '127.0.0.1 (0.0.0.0 in the image)', says: 'The address to listen on.' },
  { name: 'DATA_DIR', example: './data', otherwise: './data', says: 'Everything that is kept: SQLite database, files, master key. A local disk.' },
  {
    name: 'DATABASE_URL',
    example: 'postgres://name:password@localhost:5432/parley',
    otherwise: 'SQLite in DATA_DIR',
    says: 'Postgres instead of SQLite.',
    isSecret: true,
  },
  { name: 'REDIS_URL', example: 'redis://localhost:6379', otherwise: 'none', says: 'Redis or Valkey, for live events between nodes.', isSecret: true },
  {
    name: 'PUBLIC_URL',
    example: 'https://chat.example.com',
    otherwise: 'http://HOST:PORT',
    says: 'How people reach it; links say this. https unless loopback.',
  },
  { name: 'LOG_LEVEL', example: 'info', otherwise: 'info', says: 'debug, info, warn, error or silent.' },
  {
    name: 'MASTER_KEY',
    example: 'the output of: openssl rand -base64 32',
    otherwise: 'DATA_DIR/master.key, made by the first start',
    says: 'What keys, sign-ins and secrets are sealed with. Keep a copy apart from the backups.',
    isSecret: true,
  },
  { name: 'EGRESS', example: 'open', otherwise: 'open', says: 'open: any public address; listed: only what EGRESS_ALLOW names.' },
  {
    name: 'EGRESS_ALLOW',
    example: '10.0.0.7:8443,crm.internal',
    otherwise: 'none',
    says: 'Private or listed targets: host, ip or cidr, each with :port or not.',
  },
  { name: 'RATE_LIMITS', example: 'on', otherwise: 'on', says: 'off stops every limiter; only where HOST is loopback.' },
  { name: 'TRUST_PROXY', example: '127.0.0.1,10.0.0.0/8', otherwise: 'none', says: 'Proxies whose X-Forwarded-* headers are believed.' },
  {
    name: 'METRICS_TOKEN',
    example: 'the output of: openssl rand -hex 24',
    otherwise: 'none: /metrics answers this machine only',
    says: 'The bearer token /metrics asks for.',
    isSecret: true,
  },
  { name: 'SMTP_URL', example: 'smtps://name:password@mail.example.com', otherwise: 'none', says: 'The server that sends our e-mail.', isSecret: true },
  { name: 'S3_BUCKET', example: 'acme-chat-files', otherwise: 'none: files lie in DATA_DIR', says: 'The bucket that holds uploaded files.' },
  { name: 'S3_ENDPOINT', example: 'https://minio.example.com', otherwise: "Amazon's, of S3_REGION", says: 'Another service that speaks S3.' },
  { name: 'S3_REGION', example: 'eu-central-1', otherwise: 'us-east-1', says: 'Where the bucket is.' },
  { name: 'S3_PREFIX', example: 'chat/', otherwise: 'none', says: 'What every name in the bucket begins with.' },
  { name: 'S3_ACCESS_KEY_ID', example: 'AKIAIOSFODNN7EXAMPLE', otherwise: 'none', says: 'Who we are to the bucket.', isSecret: true },
  {
    name: 'S3_SECRET_ACCESS_KEY',
    example: 'the secret that came with the access key',
    otherwise: 'none',
    says: 'What calls to the bucket are signed with.',
    isSecret: true,
  },
  { name: 'ROLES', example: 'http,worker', otherwise: 'http,worker', says: 'What this node does.' },
  { name: 'BRAND_NAME', example: 'Acme Chat', otherwise: 'Parley', says: 'The product name people see.' },
  { name: 'BRAND_LOGO', example: 'https://acme.example/logo.svg', otherwise: 'ours', says: 'The logo.' },
  { name: 'BRAND_COLOR', example: '#2f6fed', otherwise: '#2f6fed', says: 'The main colour.' },
  { name: 'BRAND_FAVICON', example: 'https://acme.example/favicon.ico', otherwise: 'ours', says: 'The icon of the browser tab.' },
  { name: 'BRAND_SUPPORT_URL', example: 'https://acme.example/help', otherwise: 'none', says: 'Where people find help; mailto: too.' },
  { name: 'BRAND_MAIL_FROM', example: 'Acme Chat <chat@acme.example>', otherwise: 'none', says: 'The sender of our e-mail.' },
];

export type Environment = Record<string, string | undefined>;
/** From the command line; judged like the settings they stand for. */
export type Overrides = { port?: string; host?: string; configFile?: string };

const maxUnits = 4_000;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
}

export function productVersion(): string {
  return (JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as { version: string }).version;
}

/** The process's own environment; tests pass theirs instead. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Throws one StartError (exit 78) that lists every problem; opens nothing. */
export function readConfig(environment: Environment, overrides: Overrides = {}): { config: Config; warnings: string[] } {
  const problems: string[] = [];
  const values = gather(environment, overrides, problems);
  const read = reader(values, problems);
  const host = read.checked('HOST', isHost, 'must be an address or a host name') ?? '127.0.0.1';
  const port = read.number('PORT', 8080, 0, 65_535);
  const publicUrl = read.url('PUBLIC_URL', ['http:', 'https:']);
  const rateLimits = read.oneOf('RATE_LIMITS', ['on', 'off'] as const, 'on') === 'on';
  if (!rateLimits && !isLoopback(host)) problem(problems, 'RATE_LIMITS', 'may be off only when HOST is a loopback address');
  if (publicUrl?.protocol === 'http:' && !isLoopback(publicUrl.hostname)) {
    problem(problems, 'PUBLIC_URL', 'must be https unless it is a loopback address: keys and passwords travel over it');
  }
  if (publicUrl && (publicUrl.pathname !== '/' || publicUrl.search || publicUrl.hash || publicUrl.username)) {
    problem(problems, 'PUBLIC_URL', 'must end after the host and port: no path, query or name');
  }
  const config: Config = {
    port,
    host,
    dataDir: resolve(read.optional('DATA_DIR') ?? './data'),
    databaseUrl: read.url('DATABASE_URL', ['postgres:', 'postgresql:'])?.href ?? null,
    redisUrl: read.url('REDIS_URL', ['redis:', 'rediss:'])?.href ?? null,
    publicUrl: (publicUrl?.href ?? `http://${linkable(host)}:${port}`).replace(/\/$/, ''),
    logLevel: read.oneOf('LOG_LEVEL', logLevels, 'info'),
    masterKey: read.checked('MASTER_KEY', (text) => readMasterKey(text) !== null, 'must be 32 random bytes in base64 or hex'),
    egress: read.oneOf('EGRESS', ['open', 'listed'] as const, 'open'),
    egressAllow: read.list('EGRESS_ALLOW', [], isTarget, 'lists host, ip or cidr, each with :port or not'),
    rateLimits,
    trustProxy: read.list('TRUST_PROXY', [], isAddress, 'lists addresses or CIDR ranges'),
    metricsToken: read.checked('METRICS_TOKEN', (text) => /^[\x21-\x7e]{16,}$/.test(text), 'must have at least 16 characters and no spaces'),
    smtpUrl: read.url('SMTP_URL', ['smtp:', 'smtps:'])?.href ?? null,
    s3: s3Of(read, problems),
    roles: rolesOf(read),
    brand: brandOf(read),
  };
  if (problems.length > 0) {
    const many = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    throw new StartError(`The configuration has ${many}:\n${problems.join('\n')}`, exitCodeConfig);
  }
  const isUnreachable = !publicUrl && !isLoopback(host);
  return {
    config,
    warnings: isUnreachable ? ['PUBLIC_URL is not set: links in e-mails and snippets will point to an address that others may not reach.'] : [],
  };
}

// An address that means "all of this machine" is none that a link can name.
function linkable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

type Reader = ReturnType<typeof reader>;

function reader(values: Map<string, string>, problems: string[]) {
  const optional = (name: string): string | null => values.get(name) ?? null;
  const checked = (name: string, isGood: (text: string) => boolean, what: string): string | null => {
    const text = optional(name);
    if (text === null || isGood(text)) return text;
    problem(problems, name, what);
    return null;
  };
  return {
    optional,
    checked,
    number: (name: string, fallback: number, min: number, max: number): number => {
      const isGood = (text: string): boolean => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max;
      return Number(checked(name, isGood, `must be a whole number from ${min} to ${max}`) ?? fallback);
    },
    oneOf: <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
      const text = checked(name, (one) => allowed.some((each) => each === one), `must be one of ${allowed.join(', ')}`);
      return (text as T | null) ?? fallback;
    },
    url: (name: string, protocols: string[]): URL | null => {
      const isGood = (text: string): boolean => URL.canParse(text) && protocols.includes(new URL(text).protocol);
      const text = checked(name, isGood, `must be a URL that starts with ${protocols.map((one) => (one === 'mailto:' ? one : `${one}//`)).join(' or ')}`);
      return text === null ? null : new URL(text);
    },
    list: (name: string, fallback: string[], isGood: (text: string) => boolean, what: string): string[] => {
      const text = optional(name);
      if (text === null) return fallback;
      const entries = text.split(',').map((one) => one.trim());
      const bad = entries.filter((one) => !isGood(one));
      if (bad.length > 0) problem(problems, name, `${what}, not ${bad.map((one) => JSON.stringify(one)).join(', ')}`);
      return entries;
    },
  };
}

function rolesOf(read: Reader): Config['roles'] {
  const roles = read.list('ROLES', ['http', 'worker'], (one) => one === 'http' || one === 'worker', 'knows http and worker');
  return { http: roles.includes('http'), worker: roles.includes('worker') };
}

function s3Of(read: Reader, problems: string[]): Config['s3'] {
  const bucket = read.checked(
    'S3_BUCKET',
    (text) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text),
    'must be 3 to 63 lower-case letters, digits, dots or dashes',
  );
  const endpoint = read.url('S3_ENDPOINT', ['http:', 'https:']);
  const region = read.checked('S3_REGION', (text) => /^[a-z0-9-]{1,40}$/.test(text), 'must be letters, digits and dashes') ?? 'us-east-1';
  const prefix = read.checked('S3_PREFIX', (text) => /^[\w-]{1,100}(\/[\w-]{1,100})*\/?$/.test(text), 'must be letters, digits, _ and -, with / between') ?? '';
  const isPlain = (text: string): boolean => /^[\x21-\x7e]{1,200}$/.test(text);
  const accessKeyId = read.checked('S3_ACCESS_KEY_ID', isPlain, 'must have no spaces');
  const secretAccessKey = read.checked('S3_SECRET_ACCESS_KEY', isPlain, 'must have no spaces');
  if (endpoint && (endpoint.pathname !== '/' || endpoint.search || endpoint.hash || endpoint.username)) {
    problem(problems, 'S3_ENDPOINT', 'must end after the host and port: the bucket is S3_BUCKET');
  }
  // Half of it would mean files in two places.
  const given = { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey };
  const isWanted = ['S3_ENDPOINT', 'S3_REGION', 'S3_PREFIX', ...Object.keys(given)].some((name) => read.optional(name) !== null);
  for (const name of Object.keys(given))
    if (isWanted && read.optional(name) === null) problem(problems, name, 'is missing: files go to S3 only with all of them');
  if (bucket === null || accessKeyId === null || secretAccessKey === null) return null;
  return { endpoint: endpoint?.origin ?? null, region, bucket, prefix: prefix.replace(/[^/]$/, '$&/'), accessKeyId, secretAccessKey };
}

function brandOf(read: Reader): Partial<Brand> {
  const brand: Partial<Brand> = {};
  const name = read.checked('BRAND_NAME', (text) => text.length <= 60, 'must have at most 60 characters');
  const logo = read.url('BRAND_LOGO', ['http:', 'https:']);
  const color = read.checked('BRAND_COLOR', (text) => /^#[0-9a-f]{6}$/i.test(text), 'must be a colour of six hex digits');
  const favicon = read.url('BRAND_FAVICON', ['http:', 'https:']);
  const support = read.url('BRAND_SUPPORT_URL', ['http:', 'https:', 'mailto:']);
  const mailFrom = read.checked('BRAND_MAIL_FROM', isSender, 'must be an e-mail address, or a name and one in <>');
  if (name !== null) brand.name = name;
  if (logo) brand.logo = logo.href;
  if (color !== null) brand.color = color;
  if (favicon) brand.favicon = favicon.href;
  if (support) brand.supportUrl = support.href;
  if (mailFrom !== null) brand.mailFrom = mailFrom;
  return brand;
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*$/i.test(text);
}

function isAddress(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  return family !== 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)));
}

/** `host[:port]`, `ip[:port]`, `[ipv6][:port]`, `cidr[:port]`. */
function isTarget(text: string): boolean {
  if (isAddress(text)) return true;
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return false;
  if (bracketed !== undefined) return isAddress(bracketed) && bracketed.includes(':');
  return plain !== undefined && (isAddress(plain) || (isHost(plain) && !/^[\d.]+$/.test(plain)));
}

function isSender(text: string): boolean {
  return /^(?:[^<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(text);
}

function problem(problems: string[], name: string, what: string): void {
  const example = settings.find((one) => one.name === name)?.example ?? '';
  problems.push(`  ${name} ${what}. Example: ${name}=${example}`);
}

/** The command line over the environment over the file; NAME_FILE stands for a file's content. Empty means unset. */
function gather(environment: Environment, overrides: Overrides, problems: string[]): Map<string, string> {
  const written = overrides.configFile === undefined ? {} : readConfigFile(overrides.configFile, problems);
  const values = new Map<string, string>();
  for (const { name, isSecret } of settings) {
    const isGiven = Boolean(environment[name] || environment[`${name}_FILE`]);
    const from = isGiven ? environment : written;
    const [value, file] = [from[name]?.trim() || null, from[`${name}_FILE`] || null];
    if (value !== null && file !== null) problems.push(`  ${name} and ${name}_FILE are both set. Keep one of them.`);
    const found = file === null ? value : readValueFile(`${name}_FILE`, file, isSecret === true, problems);
    if (found === null) continue;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    if (found.length > maxUnits || /[\x00-\x1f\x7f]/.test(found)) problem(problems, name, 'must be one line of plain text');
    else values.set(name, found);
  }
  if (overrides.port !== undefined) values.set('PORT', overrides.port);
  if (overrides.host !== undefined) values.set('HOST', overrides.host);
  return values;
}

function readValueFile(name: string, file: string, isSecret: boolean, problems: string[]): string | null {
  const text = readText(name, file, problems);
  if (text === null) return null;
  // What an orchestrator mounts there is readable by all, and there is nobody else in the container.
  const isMounted = /^(\/var)?\/run\/secrets\//.test(file);
  if (isSecret && !isMounted && process.platform !== 'win32' && (statSync(file).mode & 0o004) !== 0) {
    problems.push(`  ${name} names ${file}, which anyone can read. Run: chmod 600 ${file}`);
  }
  if (text.trim() === '') problems.push(`  ${name} names ${file}, which is empty.`);
  return text.trim() || null;
}

function readConfigFile(file: string, problems: string[]): Environment {
  const values: Environment = {};
  const known = new Set(settings.flatMap(({ name }) => [name, `${name}_FILE`]));
  for (const [index, line] of (readText('--config', file, problems) ?? '').split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const [, name = '', value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    const at = `  ${file}:${index + 1}:`;
    if (name === '') problems.push(`${at} is not NAME=value.`);
    else if (!known.has(name)) problems.push(`${at} ${name} is not a setting.`);
    else if (values[name] !== undefined) problems.push(`${at} ${name} stands there twice.`);
    else values[name] = value.replace(/^"(.*)"$/, '$1');
  }
  return values;
}

function readText(name: string, file: string, problems: string[]): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    problems.push(`  ${name} names ${file}, which cannot be read${errno === undefined ? '' : ` (${getSystemErrorMessage(errno)})`}.`);
    return null;
  }
}

/** For --print-config: what holds, by name, with secrets replaced. */
export function printableConfig(config: Config): Record<string, unknown> {
  const hidden = (value: string | null) => (value === null ? null : '***');
  return {
    PORT: config.port,
    HOST: config.host,
    DATA_DIR: config.dataDir,
    DATABASE_URL: withoutPassword(config.databaseUrl),
    REDIS_URL: withoutPassword(config.redisUrl),
    PUBLIC_URL: config.publicUrl,
    LOG_LEVEL: config.logLevel,
    MASTER_KEY: hidden(config.masterKey),
    EGRESS: config.egress,
    EGRESS_ALLOW: config.egressAllow,
    RATE_LIMITS: config.rateLimits ? 'on' : 'off',
    TRUST_PROXY: config.trustProxy,
    METRICS_TOKEN: hidden(config.metricsToken),
    SMTP_URL: withoutPassword(config.smtpUrl),
    S3_BUCKET: config.s3?.bucket ?? null,
    S3_ENDPOINT: config.s3?.endpoint ?? null,
    S3_REGION: config.s3?.region ?? null,
    S3_PREFIX: config.s3?.prefix ?? null,
    S3_ACCESS_KEY_ID: hidden(config.s3?.accessKeyId ?? null),
    S3_SECRET_ACCESS_KEY: hidden(config.s3?.secretAccessKey ?? null),
    ROLES: (['http', 'worker'] as const).filter((role) => config.roles[role]),
    BRAND_NAME: config.brand.name ?? null,
    BRAND_LOGO: config.brand.logo ?? null,
    BRAND_COLOR: config.brand.color ?? null,
    BRAND_FAVICON: config.brand.favicon ?? null,
    BRAND_SUPPORT_URL: config.brand.supportUrl ?? null,
    BRAND_MAIL_FROM: config.brand.mailFrom ?? null,
  };
}

function withoutPassword(text: string | null): string | null {
  if (text === null) return null;
  const url = new URL(text);
  if (url.password !== '') url.password = '***';
  for (const name of [...url.searchParams.keys()]) if (/password|secret|key/i.test(name)) url.searchParams.set(name, '***');
  return url.href;
}

/** The same for people, in the form that --config reads. */
export function configLines(config: Config): string {
  const shown = Object.entries(printableConfig(config));
  return shown.map(([name, value]) => `${name}=${value === null ? '' : Array.isArray(value) ? value.join(',') : value}`).join('\n');
}

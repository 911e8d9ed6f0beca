import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lintCompose, lintDockerfile, lintIgnored, lintProxies, parseYaml } from './lint-deploy.mjs';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const there = () => true;
/** What it reads is unknown to types until it is checked. */
const yaml = (text: string) => parseYaml(text) as Parameters<typeof lintCompose>[0];

/** The real file with one thing changed must be found wanting in just that. */
function changed(path: string, from: string | RegExp, to: string): string {
  const text = read(path);
  const other = text.replace(from, to);
  expect(other).not.toBe(text);
  return other;
}

describe('the deployment files', () => {
  test('are as they should be', () => {
    expect(lintCompose(yaml(read('compose.yaml')), there)).toEqual([]);
    expect(lintDockerfile(read('Dockerfile'), there)).toEqual([]);
    expect(lintIgnored(read('.dockerignore'))).toEqual([]);
    expect(lintProxies(read('deploy/Caddyfile'), read('deploy/nginx.conf'))).toEqual([]);
  });

  test.each([
    ['image: caddy:2.10-alpine', 'image: caddy:latest', 'caddy: image caddy:latest names no version'],
    ['read_only: true', 'read_only: false', 'app: its root is not read-only'],
    ['cap_drop:\n      - ALL', 'cap_drop:\n      - NET_RAW', 'app: it keeps capabilities'],
    ['no-new-privileges:true', 'seccomp:unconfined', 'app: it may gain privileges'],
    ['pids_limit: 256\n', 'privileged: true\n', 'app: it leaves its container'],
    ['["CMD", "node"', '["CMD-SHELL", "node"', 'app: it has no health check without a shell'],
    ['TRUST_PROXY:', 'TRUSTED_PROXY:', 'app: TRUSTED_PROXY is not a setting'],
    ['MASTER_KEY_FILE: /run/secrets/master_key', 'MASTER_KEY: abc', 'app: MASTER_KEY is a secret: give it as MASTER_KEY_FILE'],
    ['      - master_key\n', '', 'app: MASTER_KEY_FILE names the secret master_key, which it is not given'],
    ['condition: service_healthy', 'condition: service_started', 'app: it does not wait until postgres is well'],
    ['user: postgres', 'ports:\n      - "5432:5432"', 'postgres: only the proxy has ports of the machine'],
    ['- data:/data', '- dat:/data', 'dat is not declared under volumes'],
  ])('compose.yaml with %j for %j: %s', (from, to, said) => {
    expect(lintCompose(yaml(changed('compose.yaml', from, to)), there)).toContain(said);
  });

  test.each([
    [/^USER .*$/m, 'USER root', 'it runs as root, or as a user without a number'],
    [/^FROM node:26-slim$/m, 'FROM node:26-alpine', 'FROM node:26-alpine: not the Debian-based Node this is tested with'],
    [/^ENTRYPOINT .*$/m, 'ENTRYPOINT parley', 'a shell stands between the engine and the process'],
    [/^VOLUME .*$/m, 'VOLUME /app', 'not exactly /data is the volume'],
    ['COPY package.json ./\nCOPY --from=dep', 'RUN npm ci\nCOPY --from=dep', 'the last stage installs something'],
    ['HOST=0.0.0.0', 'HOSTNAME=0.0.0.0', 'ENV HOSTNAME is not a setting'],
    ['COPY --from=pages', 'COPY --from=page', 'COPY --from=page: there is no such stage'],
    ['COPY engine engine', 'ADD engine engine', 'ADD engine engine: use COPY, which fetches and unpacks nothing'],
  ])('Dockerfile with %s for %j: %s', (from, to, said) => {
    expect(lintDockerfile(changed('Dockerfile', from, to), there)).toContain(said);
  });

  test('a file that is copied and not there, a builder that sees the data, a proxy that holds back', () => {
    expect(lintDockerfile(read('Dockerfile'), (path: string) => path !== 'engine')).toContain('COPY engine: it is not there');
    expect(lintIgnored(read('.dockerignore').replace('data\n', ''))).toEqual(['.dockerignore lets data into the builder']);
    const [caddy, nginx] = [read('deploy/Caddyfile'), read('deploy/nginx.conf')];
    expect(lintProxies(caddy.replace('flush_interval -1', ''), nginx.replace('proxy_buffering off;', ''))).toEqual([
      'Caddyfile: it holds streams back',
      'nginx.conf: it holds streams back',
    ]);
  });

  test('YAML that the check does not know is an error and not a pass', () => {
    expect(parseYaml('a:\n  - b: 1\n    c: "x: y"\n  - d\ne: [1, 2]\n')).toEqual({ a: [{ b: 1, c: 'x: y' }, 'd'], e: [1, 2] });
    for (const odd of ['a: &x 1', 'a: |\n  b', 'a:\n    b: 1\n   c: 2', 'a: 1\na: 2', 'just text', 'a: {b: 1}']) expect(() => parseYaml(odd), odd).toThrow();
  });
});

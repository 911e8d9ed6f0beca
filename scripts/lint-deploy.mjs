// The obvious rules for what runs in containers, checked without a container engine: pinned images, nobody is root,
// nothing is writable that need not be, every setting is one of ours, every file that is copied is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../server/config.ts';

const root = join(import.meta.dirname, '..');
const ourNames = new Set(settings.flatMap(({ name }) => [name, `${name}_FILE`]));
const nodeNames = new Set(['NODE_ENV', 'NODE_OPTIONS', 'NODE_COMPILE_CACHE']);
const pinned = /^[\w./-]+:(?=.*\d)[\w.-]+$/;

/** The part of YAML that compose.yaml uses: maps, lists, one-line values, comments. Anything else is an error. */
export function parseYaml(text) {
  const lines = text
    .split('\n')
    .map((line, index) => ({ number: index + 1, indent: line.search(/\S/), text: line.trim() }))
    .filter((line) => line.indent >= 0 && !line.text.startsWith('#'));
  let at = 0;
  const block = (indent) => (lines[at].text.startsWith('- ') ? list(indent) : map(indent));
  const list = (indent) => {
    const items = [];
    while (at < lines.length && lines[at].indent === indent && lines[at].text.startsWith('- ')) {
      const line = lines[at];
      line.text = line.text.slice(2).trim();
      const isMap = /^[\w.-]+:( |$)/.test(line.text);
      if (isMap) line.indent += 2;
      else at += 1;
      items.push(isMap ? map(line.indent) : scalar(line.text, line.number));
    }
    return items;
  };
  const map = (indent) => {
    const found = {};
    while (at < lines.length && lines[at].indent === indent && !lines[at].text.startsWith('- ')) {
      const { number, text: entry } = lines[at];
      const [, name, value] = /^([\w.-]+):(?:\s+(.*))?$/.exec(entry) ?? [];
      if (name === undefined) throw new Error(`line ${number}: not "name: value"`);
      if (name in found) throw new Error(`line ${number}: ${name} stands there twice`);
      at += 1;
      const isNested = value === undefined && at < lines.length && lines[at].indent > indent;
      found[name] = isNested ? block(lines[at].indent) : value === undefined ? null : scalar(value, number);
    }
    if (at < lines.length && lines[at].indent > indent) throw new Error(`line ${lines[at].number}: indented too far`);
    return found;
  };
  const document = map(0);
  if (at < lines.length) throw new Error(`line ${lines[at].number}: not indented like anything before it`);
  return document;
}

function scalar(value, number) {
  if (/^[&*|>!{]/.test(value)) throw new Error(`line ${number}: a kind of YAML this check does not know`);
  if (/^["[]/.test(value)) return JSON.parse(value);
  if (value === 'true' || value === 'false') return value === 'true';
  return /^\d+$/.test(value) ? Number(value) : value;
}

export function lintCompose({ services, volumes, networks, secrets }, exists) {
  const problems = [];
  const used = { volumes: new Set(), networks: new Set(), secrets: new Set() };
  const declared = { volumes: volumes ?? {}, networks: networks ?? {}, secrets: secrets ?? {} };
  for (const [name, service] of Object.entries(services)) {
    const must = (holds, what) => holds || problems.push(`${name}: ${what}`);
    must(pinned.test(service.image ?? ''), `image ${service.image} names no version`);
    must(service.read_only === true, 'its root is not read-only');
    must(service.cap_drop?.includes('ALL'), 'it keeps capabilities');
    must(service.security_opt?.includes('no-new-privileges:true'), 'it may gain privileges');
    must(service.privileged === undefined && service.network_mode === undefined && service.pid === undefined, 'it leaves its container');
    must(Array.isArray(service.healthcheck?.test) && service.healthcheck.test[0] === 'CMD', 'it has no health check without a shell');
    must(service.pids_limit && service.mem_limit, 'it may take all processes or memory');
    must(service.restart === 'unless-stopped', 'it does not come back after a restart of the machine');
    must(service.ports === undefined || name === 'caddy', 'only the proxy has ports of the machine');
    must(!JSON.stringify(service).includes('docker.sock'), 'it may command the container engine');
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      must(!/PASSWORD$|^(MASTER_KEY|METRICS_TOKEN|DATABASE_URL|SMTP_URL)$/.test(variable), `${variable} is a secret: give it as ${variable}_FILE`);
      must(name !== 'app' || ourNames.has(variable), `${variable} is not a setting`);
      const [, secret] = /^\/run\/secrets\/(\w+)$/.exec(value) ?? [];
      must(!secret || service.secrets?.includes(secret), `${variable} names the secret ${secret}, which it is not given`);
    }
    for (const volume of service.volumes ?? []) {
      const [source] = volume.split(':');
      if (source.startsWith('.')) must(exists(source), `${source} is not there`);
      else used.volumes.add(source);
    }
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      must(services[other], `it depends on ${other}, which is no service`);
      must(condition === 'service_healthy' && services[other]?.healthcheck, `it does not wait until ${other} is well`);
    }
    for (const one of service.networks ?? []) used.networks.add(one);
    for (const one of service.secrets ?? []) used.secrets.add(one);
  }
  for (const [kind, names] of Object.entries(used)) {
    for (const one of names) if (!(one in declared[kind])) problems.push(`${one} is not declared under ${kind}`);
    for (const one of Object.keys(declared[kind])) if (!names.has(one)) problems.push(`${one} under ${kind} is not used`);
  }
  return problems;
}

export function lintDockerfile(text, exists) {
  const problems = [];
  const must = (holds, what) => holds || problems.push(what);
  const lines = text.replace(/\\\n\s*/g, '').split('\n');
  const instructions = lines
    .filter((line) => /^[A-Z]+ /.test(line))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()]);
  const stages = instructions.filter(([word]) => word === 'FROM').map(([, image]) => image.split(' '));
  for (const [image] of stages) must(image === 'node:26-slim', `FROM ${image}: not the Debian-based Node this is tested with`);
  const names = stages.map(([, , name]) => name);
  const last = instructions.slice(instructions.findLastIndex(([word]) => word === 'FROM'));
  const only = (word) => last.filter(([one]) => one === word).map(([, rest]) => rest);
  must(/^\d+:\d+$/.test(only('USER').at(-1) ?? '') && !only('USER').at(-1).startsWith('0'), 'it runs as root, or as a user without a number');
  must(
    only('HEALTHCHECK').some((rest) => rest.includes('/livez') && rest.includes('CMD ["node"')),
    'there is no health check of /livez with node',
  );
  must(only('VOLUME').join() === '/data', 'not exactly /data is the volume');
  must(only('ENTRYPOINT').join().startsWith('[') && only('CMD').join().startsWith('['), 'a shell stands between the engine and the process');
  must(!last.some(([word, rest]) => word === 'RUN' && /\b(npm (ci|install)|apt-get|curl|wget)\b/.test(rest)), 'the last stage installs something');
  for (const [word, rest] of instructions) {
    if (word === 'ADD') problems.push(`ADD ${rest}: use COPY, which fetches and unpacks nothing`);
    if (word === 'ENV')
      for (const [, name] of rest.matchAll(/(?:^|\s)([A-Z_]+)=/g)) must(ourNames.has(name) || nodeNames.has(name), `ENV ${name} is not a setting`);
    if (word !== 'COPY') continue;
    const [, stage] = /^--from=(\w+) /.exec(rest) ?? [];
    if (stage) must(names.includes(stage), `COPY --from=${stage}: there is no such stage`);
    else for (const source of rest.split(' ').slice(0, -1)) must(source === '.' || exists(source), `COPY ${source}: it is not there`);
  }
  return problems;
}

export function lintIgnored(text) {
  const ignored = new Set(text.split('\n'));
  return ['.git', 'node_modules', 'data', 'deploy'].filter((path) => !ignored.has(path)).map((path) => `.dockerignore lets ${path} into the builder`);
}

export function lintProxies(caddyfile, nginx) {
  const rules = [
    [/reverse_proxy app:8080 \{/.test(caddyfile), 'Caddyfile: it passes nothing on to the app'],
    [/flush_interval -1/.test(caddyfile), 'Caddyfile: it holds streams back'],
    [/@metrics path \/metrics\n\s*respond @metrics 404/.test(caddyfile), 'Caddyfile: it shows /metrics to the world'],
    [/proxy_buffering off;/.test(nginx), 'nginx.conf: it holds streams back'],
    [/proxy_set_header Upgrade \$http_upgrade;/.test(nginx), 'nginx.conf: it upgrades no WebSocket'],
    [/location = \/metrics \{\s*return 404;/.test(nginx), 'nginx.conf: it shows /metrics to the world'],
    [/proxy_set_header X-Forwarded-Proto \$scheme;/.test(nginx), 'nginx.conf: it does not say that it was https'],
  ];
  return rules.filter(([holds]) => !holds).map(([, what]) => what);
}

function main() {
  const read = (path) => readFileSync(join(root, path), 'utf8');
  const exists = (path) => existsSync(join(root, path));
  const problems = [
    ...lintDockerfile(read('Dockerfile'), exists).map((what) => `Dockerfile: ${what}`),
    ...lintCompose(parseYaml(read('compose.yaml')), exists).map((what) => `compose.yaml: ${what}`),
    ...lintIgnored(read('.dockerignore')),
    ...lintProxies(read('deploy/Caddyfile'), read('deploy/nginx.conf')),
  ];
  // Where Docker's own compose is at hand it judges too; it needs no engine for that.
  const compose = (...args) => spawnSync('docker', ['compose', ...args], { cwd: root, encoding: 'utf8', env: { ...process.env, SITE_ADDRESS: 'x.example' } });
  if (compose('version').status === 0) {
    const judged = compose('-f', 'compose.yaml', 'config', '-q');
    if (judged.status !== 0) problems.push(judged.stderr.trim());
  }
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? 'deployment files: nothing to say' : `deployment files: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) main();

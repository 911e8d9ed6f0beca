import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../cli.ts';
import { migrate as bringTo } from '../store/database/migrate.ts';
import { openDatabase } from '../store/database.ts';
import { migrations } from '../store/migrations.ts';
import { parley, parleyJson, type Running, startServer } from '../testing/command-line.ts';
import { databaseKinds, makePlace, type Place } from '../testing/databases.ts';

type Init = {
  workspace: { id: number; name: string };
  bot: { id: number; flow_ns: string; name: string };
  owner: { id: number; email: string };
  api_key: string;
  site_key: string;
};
type Failure = { error: { code: string; message: string } };

const password = 'Correct-horse-9';

function initArgs(email: string): string[] {
  return ['init', '--email', email, '--password', password, '--workspace', 'Acme', '--bot', 'Helper'];
}

const temporary = mkdtempSync(join(tmpdir(), 'test-commands-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe.each(databaseKinds)('the writing commands on %s', (kind) => {
  let place: Place;
  let environment: Record<string, string>;
  let alone: Init;
  let server: Running;

  const status = async (path: string, key: string): Promise<number> => (await fetch(`${server.url}${path}`, { headers: { 'x-api-key': key } })).status;

  beforeAll(async () => {
    place = await makePlace(kind);
    environment = { DATA_DIR: place.dataDir, ...(place.databaseUrl === null ? {} : { DATABASE_URL: place.databaseUrl }) };
    const made = await parleyJson<Init>(initArgs('ann@example.com'), environment);
    expect(made, made.stderr).toMatchObject({ code: 0, stderr: '' });
    alone = made.json;
    server = await startServer(environment);
  });

  afterAll(async () => {
    await server.stop();
    await place.remove();
  });

  test('init without a server prints exactly the promised document', () => {
    expect(Object.keys(alone)).toEqual(['workspace', 'bot', 'owner', 'api_key', 'site_key']);
    expect(alone).toEqual({
      workspace: { id: expect.any(Number), name: 'Acme' },
      bot: { id: expect.any(Number), flow_ns: `f${alone.bot.id}`, name: 'Helper' },
      owner: { id: expect.any(Number), email: 'ann@example.com' },
      api_key: expect.stringMatching(/^pk_live_[0-9A-Za-z]{49}$/),
      site_key: expect.stringMatching(/^site_[0-9A-Za-z]+$/),
    });
  });

  test('the key works against the server started after, with all scopes, and there is no set-up link any more', async () => {
    expect(server.setupUrl).toBeNull();
    const reply = await fetch(`${server.url}/v1/me`, { headers: { authorization: `Bearer ${alone.api_key}` } });
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({
      key: { bot: alone.bot.flow_ns, scopes: ['Manage Flow', 'Manage Team', 'Send Message', 'chats:read', 'chats:write'] },
    });
    expect((await fetch(`${server.url}/api/flow/tags`, { headers: { 'x-api-key': alone.api_key } })).status).toBe(200);
  });

  test('init beside the server goes through it, and the same owner twice is refused', async () => {
    const beside = await parleyJson<Init>(initArgs('bob@example.com'), environment);
    expect([beside.code, await status('/v1/me', beside.json.api_key)]).toEqual([0, 200]);
    const again = await parleyJson<Failure>(initArgs('bob@example.com'), environment);
    expect([again.code, again.json, again.stderr]).toEqual([
      1,
      { error: { code: 'conflict', message: 'An account with this e-mail address already exists.' } },
      '',
    ]);
    const weak = await parley([...initArgs('cid@example.com').slice(0, 3), '--password', 'short', '--workspace', 'A', '--bot', 'B'], environment);
    expect([weak.code, weak.stdout]).toEqual([1, '']);
    expect(weak.stderr).toMatch(/^.*password.*\n$/i);
  });

  test('keys are listed, made and revoked, and a revoked one is refused at its next call', async () => {
    const made = await parleyJson<{ id: number; key: string }>(
      ['keys', 'create', '--email', 'ann@example.com', '--bot', alone.bot.flow_ns, '--name', 'Shop', '--scopes', 'Manage Flow, chats:read'],
      environment,
    );
    expect([made.code, await status('/v1/me', made.json.key)]).toEqual([0, 200]);
    const listed = await parleyJson<{ data: { id: number; name: string; scopes: string[] }[] }>(['keys', 'list'], environment);
    expect(listed.json.data.find(({ id }) => id === made.json.id)).toMatchObject({ name: 'Shop', scopes: ['Manage Flow', 'chats:read'] });
    expect(listed.stdout).not.toContain(made.json.key);
    const lines = await parley(['keys', 'list'], environment);
    expect(lines.stdout.split('\n').filter((line) => line.includes('Shop')).length).toBe(1);
    expect(await parleyJson(['keys', 'revoke', String(made.json.id)], environment)).toMatchObject({ code: 0, json: { id: made.json.id, revoked: true } });
    expect(await status('/v1/me', made.json.key)).toBe(401);
    expect(await parleyJson(['keys', 'revoke', String(made.json.id)], environment)).toMatchObject({ code: 1, json: { error: { code: 'not_found' } } });
  });

  test('a password that was reset signs in, and the old one does not', async () => {
    const reset = await parleyJson<{ email: string; password: string }>(['user', 'reset-password', 'ANN@example.com'], environment);
    expect(reset.json).toEqual({ email: 'ann@example.com', password: expect.stringMatching(/^.{12,}$/) });
    const signIn = async (secret: string): Promise<number> => {
      const body = JSON.stringify({ email: 'ann@example.com', password: secret });
      return (await fetch(`${server.url}/v1/sign-in`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status;
    };
    expect([await signIn(reset.json.password), await signIn(password)]).toEqual([200, 401]);
    expect(await parley(['user', 'reset-password', 'nobody@example.com'], environment)).toMatchObject({ code: 1, stdout: '' });
  });

  test('doctor finds everything sound, and says what it is worth knowing', async () => {
    const { code, json } = await parleyJson<{ healthy: boolean; findings: { name: string; state: string; said: string }[] }>(['doctor'], environment);
    expect([code, json.healthy]).toEqual([0, true]);
    const said = Object.fromEntries(json.findings.map(({ name, state, said }) => [name, `${state} ${said}`]));
    expect(said).toMatchObject({
      'disk speed': expect.stringMatching(/fsync \d/),
      server: `ok runs as process ${server.pid} at ${server.url}, ready`,
      backups: expect.stringContaining('none was made from here yet'),
      'master key': expect.stringMatching(/^ok/),
      storage: 'ok sound',
      'audit log': expect.stringMatching(/^ok \d+ events, none changed or removed$/),
    });
  });
});

describe('beside and without a server, on SQLite', () => {
  let place: Place;
  let environment: Record<string, string>;
  beforeAll(async () => {
    place = await makePlace('sqlite');
    environment = { DATA_DIR: place.dataDir };
  });
  afterAll(() => place.remove());

  test('what reads says that there is nothing yet, and makes nothing', async () => {
    for (const args of [
      ['keys', 'list'],
      ['migrate', '--plan'],
      ['backup', join(temporary, 'none.backup')],
    ]) {
      expect(await parleyJson(args, environment)).toMatchObject({ code: 1, json: { error: { message: expect.stringContaining('There is no database') } } });
    }
    expect([readdirSync(place.dataDir), existsSync(join(temporary, 'none.backup'))]).toEqual([[], false]);
  });

  test('migrate brings a database up, and has nothing to do the second time', async () => {
    const { json } = await parleyJson<{ migrated: string[] }>(['migrate'], environment);
    expect(json.migrated[0]).toBe('0001-accounts');
    expect((await parleyJson(['migrate'], environment)).json).toEqual({ migrated: [] });
    expect((await parleyJson(['migrate', '--plan'], environment)).json).toEqual({ pending: [] });
    for (const name of ['parley.db', 'master.key']) expect(statSync(join(place.dataDir, name)).mode & 0o777, name).toBe(0o600);
  });

  test('an older database is backed up before it is migrated', async () => {
    const older = await makePlace('sqlite');
    const database = await openDatabase({ dataDir: older.dataDir, databaseUrl: null });
    const [first, ...rest] = migrations.map(({ name }) => name);
    await bringTo(database.migrator, 0, first);
    await database.close();
    const at = { DATA_DIR: older.dataDir, MASTER_KEY: randomBytes(32).toString('base64') };
    expect((await parleyJson(['migrate', '--plan'], at)).json).toEqual({ pending: rest });
    expect(await parley(['keys', 'list'], at)).toMatchObject({ code: 65, stderr: 'The database is older than this version. Run: parley migrate\n' });
    expect((await parleyJson(['migrate'], at)).json).toEqual({ migrated: rest });
    const [kept = ''] = readdirSync(join(older.dataDir, 'backups'));
    expect(kept).toMatch(new RegExp(`^before-${rest[0]}-\\d{8}T\\d{6}Z\\.backup$`));
    expect(await parley(['restore', join(older.dataDir, 'backups', kept), '--verify'], at)).toMatchObject({ code: 0 });
    await older.remove();
  });

  test('a killed server leaves server.json behind, and the next command is not misled by it', async () => {
    const server = await startServer(environment);
    const left = readFileSync(join(place.dataDir, 'server.json'));
    server.signal('SIGKILL');
    await server.ended;
    expect(readFileSync(join(place.dataDir, 'server.json'))).toEqual(left);
    expect(await parley(initArgs('dan@example.com'), environment)).toMatchObject({ code: 0 });
    // A process that lives, but is another one; and one that is no Parley.
    writeFileSync(join(place.dataDir, 'server.json'), JSON.stringify({ pid: process.pid, url: 'http://127.0.0.1:1', token: 'x' }));
    expect(await parley(['user', 'reset-password', 'dan@example.com'], environment)).toMatchObject({ code: 0 });
    writeFileSync(join(place.dataDir, 'server.json'), 'not json');
    expect(await parley(['user', 'reset-password', 'dan@example.com'], environment)).toMatchObject({ code: 0 });
  });
});

describe('the command line itself', () => {
  const environment = { DATA_DIR: join(temporary, 'unused') };

  test('--help says every command, examples and exit codes; --version a version', async () => {
    const { code, stdout, stderr } = await parley(['--help'], environment);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of ['start', 'init', 'migrate', 'backup', 'restore', 'doctor', 'keys', 'user', 'Examples:', 'Exit codes:']) expect(stdout).toContain(word);
    for (const [exitCode, { meaning }] of Object.entries(exitCodes)) expect(stdout).toMatch(new RegExp(`^ +${exitCode}  ${meaning}$`, 'm'));
    for (const command of ['start', 'init', 'backup', 'keys create']) {
      expect((await parley([...command.split(' '), '--help'], environment)).stdout, command).toMatch(
        new RegExp(`Usage: parley ${command}.*Examples:\\n {2}parley ${command}`, 's'),
      );
    }
    expect((await parley(['--version'], environment)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    [['nonsense'], 'There is no command "nonsense"'],
    [['init', '--email', 'x@example.com'], "Required option '--password <password>' not specified"],
    [['start', '--prot', '80'], "Unknown option '--prot'"],
    [['backup'], "Missing required argument 'file'"],
    [['backup', 'a', 'b'], "Too many arguments for 'backup'"],
    [['keys'], 'Name a command'],
    [['keys', 'destroy'], "Unknown command 'destroy'"],
  ])('%j is a mistake of usage: 2, and one sentence', async (args, said) => {
    const plain = await parley(args, environment);
    expect([plain.code, plain.stdout]).toEqual([2, '']);
    expect(plain.stderr).toContain(said);
    expect(plain.stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
    const { json } = await parleyJson<Failure>(args, environment);
    expect(json.error).toEqual({ code: 'usage', message: plain.stderr.trim() });
  });

  test('--print-config shows what holds and hides what is secret, from a file too, and opens nothing', async () => {
    const file = join(temporary, 'parley.conf');
    writeFileSync(file, 'PORT=9123\nDATABASE_URL=postgres://ann:hush@db/parley\n');
    for (const args of [
      ['--print-config', '--config', file],
      ['start', '--print-config', '--config', file],
    ]) {
      const { code, json } = await parleyJson<Record<string, unknown>>(args, environment);
      expect([code, json.PORT, json.DATABASE_URL]).toEqual([0, 9123, 'postgres://ann:***@db/parley']);
    }
    expect((await parley(['--print-config', '--config', file], environment)).stdout).toContain('PORT=9123\n');
    expect(existsSync(environment.DATA_DIR)).toBe(false);
  });

  test('works as node_modules/.bin/parley from any directory, and on a Node that is too old for us', () => {
    const bin = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'parley');
    const run = (path: string): string => execFileSync(bin, ['--version'], { cwd: temporary, env: { PATH: path }, encoding: 'utf8' });
    expect(run(`${join(bin, '..')}:/usr/bin:/bin`)).toMatch(/^\d/);
    // The host's own Node, whatever it is; here it may be 20.
    const host = ['/usr/local/bin', '/usr/bin'].find((directory) => existsSync(join(directory, 'node')));
    if (host) expect(run(`${host}:/usr/bin:/bin`)).toMatch(/^\d/);
  });
});

// The command line writes in one way only: a call of the operators' routes. To the server that runs on this data
// directory where one does, else in this process, under the lock, to the same routes.
import type { Config } from '../config.ts';
import { type Call, callServer, findServer, type Reply } from '../egress/local.ts';
import { AppError, type ErrorCode, StartError, statusOf } from '../errors.ts';
import { prepareDataDir } from '../store/database/data-dir.ts';
import { takeLock } from '../store/database/lock.ts';

type Problem = { detail: string; code: string; errors: { type: string; loc: (string | number)[]; msg: string }[] };

export async function callAsOperator<T>(config: Config, call: Call): Promise<T> {
  const running = await findServer(config.dataDir);
  return replyOf<T>(running ? await callServer(running, call) : await callHere(config, call));
}

function replyOf<T>({ status, body }: Reply): T {
  const reply: unknown = body === '' ? undefined : JSON.parse(body);
  if (status < 400) return reply as T;
  const { detail, code, errors } = reply as Problem;
  const fields = errors.map(({ type, loc, msg }) => ({ kind: type, path: loc, message: msg }));
  throw new AppError(code in statusOf ? (code as ErrorCode) : 'internal', detail, { fields });
}

/** What the operators' routes read, beside a server that may be running. */
export async function readAsOperator<T>(config: Config, use: (get: <R>(path: string) => Promise<R>) => Promise<T>): Promise<T> {
  const { openReader, serverOf } = await import('../main.ts');
  const { app, pending, close } = await openReader(config, { write: () => {}, fatal: () => {} });
  if (pending.length > 0) throw new StartError('The database is older than this version. Run: parley migrate', 65);
  const operatorToken = app.random.token(32);
  const server = serverOf({ ...app, operatorToken });
  const read = await use(async <R>(path: string) => {
    const reply = await server.inject({ url: path, headers: { authorization: `Bearer ${operatorToken}` } });
    return replyOf<R>({ status: reply.statusCode, body: reply.body });
  });
  await server.close();
  await close();
  return read;
}

/** Every row of a list, page by page. */
export function listAsOperator<Row>(config: Config, path: string): Promise<Row[]> {
  return readAsOperator(config, async (get) => {
    const rows: Row[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { data: Row[]; next: string | null } = await get(`${path}?limit=200&cursor=${cursor}`);
      rows.push(...page.data);
      cursor = page.next;
    }
    return rows;
  });
}

async function callHere(config: Config, { method, path, body }: Call): Promise<Reply> {
  const isAlone = config.databaseUrl === null;
  prepareDataDir(config.dataDir, { holdsDatabase: isAlone });
  const lock = isAlone ? takeLock(config.dataDir) : null;
  const { openApp, serverOf } = await import('../main.ts');
  const quiet: Config = { ...config, logLevel: config.logLevel === 'silent' ? 'silent' : 'error' };
  const { app, close } = await openApp(quiet, { write: (line) => process.stderr.write(line), fatal: () => {} });
  const operatorToken = app.random.token(32);
  const server = serverOf({ ...app, operatorToken });
  const reply = await server.inject({ method, url: path, headers: { authorization: `Bearer ${operatorToken}` }, ...(body ? { payload: body } : {}) });
  await server.close();
  await close();
  lock?.release();
  return { status: reply.statusCode, body: reply.body };
}

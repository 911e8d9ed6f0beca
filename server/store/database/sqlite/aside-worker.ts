// The other end of aside.ts: one read-only connection, one question after the other.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Question } from './aside.ts';
import { Statements } from './statements.ts';

const db = new DatabaseSync((workerData as { file: string }).file, { readOnly: true, timeout: 1_000 });
db.exec('pragma cache_size = -8000; pragma temp_store = memory; pragma mmap_size = 268435456');
const statements = new Statements(db);

parentPort?.on('message', ({ id, sql, values }: Question) => {
  const answer = answerTo(id, sql, values);
  parentPort?.postMessage(answer);
});

function answerTo(id: number, sql: string, values: Question['values']): Answer {
  try {
    return { id, rows: statements.run(sql, values).rows };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { id, error: { message, errcode } };
  }
}

// Writes each door's OpenAPI document to docs/openapi, where changes of an API are reviewed. With --check it writes
// nothing and fails when a committed copy is not what the routes say.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { doors } from '../server/doors.ts';
import { documentText } from '../server/http/openapi.ts';

const folder = join(import.meta.dirname, '..', 'docs', 'openapi');
const isCheck = process.argv.includes('--check');
let stale = 0;

mkdirSync(folder, { recursive: true });
for (const door of doors) {
  const file = join(folder, `${door.name}.json`);
  const text = documentText(door);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale += 1;
  if (!isCheck) writeFileSync(file, text);
  console.log(`docs/openapi/${door.name}.json ${isCheck ? 'is not what the routes say: run `node scripts/openapi.mjs` and commit it' : 'written'}`);
}
if (stale === 0) console.log(`docs/openapi: ${doors.length} documents are as the routes say`);
if (isCheck && stale > 0) process.exit(1);

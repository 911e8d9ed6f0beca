// The engine as a browser loads it: bundled without a part of Node, run where there is neither Node nor a document, and
// every example says the very same there.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, Script } from 'node:vm';
import { build } from 'vite';
import { beforeAll, expect, test } from 'vitest';

const here = import.meta.dirname;
const entry = '\0talk-of-the-browser';
const source = `
  import { transcript } from '@parley/engine/talk.ts';
  import { upgrade } from '@parley/engine/upgrade.ts';
  globalThis.play = (document, samples, script) => {
    const found = upgrade(JSON.parse(document));
    return found.ok ? transcript({ flows: { [found.flow.id]: found.flow }, main: found.flow.id, samples: JSON.parse(samples) }, JSON.parse(script)).join('\\n') : JSON.stringify(found.problems);
  };
`;

let code = '';
let play: (document: string, samples: string, script: string) => string;

beforeAll(async () => {
  const made = await build({
    configFile: false,
    root: here,
    logLevel: 'silent',
    plugins: [{ name: 'entry', resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? source : null) }],
    build: { write: false, minify: false, target: 'es2023', rolldownOptions: { input: entry, output: { format: 'iife' } } },
  });
  const [first] = [made].flat();
  code = first && 'output' in first ? first.output.map((one) => ('code' in one ? one.code : '')).join('\n') : '';
  // What a browser has beyond the language itself, as far as a package asks for it: the parser of expressions does.
  const context = createContext({ TextEncoder, TextDecoder });
  new Script(code).runInContext(context);
  play = (context as { play: typeof play }).play;
});

test('nothing of Node is left in the bundle', () => {
  expect(code.length).toBeGreaterThan(100_000);
  expect(code).not.toMatch(/\brequire\(|['"]node:|__vite-browser-external/);
});

test.each(readdirSync(here).flatMap((file) => /^(.+)\.flow\.json$/.exec(file)?.[1] ?? []))('%s talks in a browser as it does here', (name) => {
  const text = (file: string): string => readFileSync(join(here, file), 'utf8');
  const samples = readdirSync(here).includes(`${name}.samples.json`) ? text(`${name}.samples.json`) : '{}';
  for (const golden of text(`${name}.talk.txt`)
    .trim()
    .split(/\n{2,}/))
    expect(play(text(`${name}.flow.json`), samples, JSON.stringify(golden.split('\n')))).toBe(golden);
});

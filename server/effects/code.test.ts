import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ran } from './code/run.ts';
import { maxMemoryBytes } from './code/run.ts';
import { makeSandbox, type Sandbox } from './code/sandbox.ts';

let sandbox: Sandbox;
beforeAll(() => {
  sandbox = makeSandbox({ patienceMs: 60_000 });
});
afterAll(() => sandbox.close());

type More = { input?: object; cpuMs?: number; wallMs?: number; workspaceId?: number };

// Patient where time is not the point: the machine of the tests is a busy one.
async function run(code: string, { input = {}, cpuMs = 1_000, wallMs = 5_000, workspaceId = 1 }: More = {}): Promise<Ran> {
  return sandbox.run(workspaceId, { code, input: JSON.stringify(input), cpuMs, wallMs });
}

async function resultOf(code: string, input: object = {}): Promise<unknown> {
  const ran = await run(code, { input });
  return ran.kind === 'ok' ? JSON.parse(ran.text) : ran;
}

describe('what code can do', () => {
  test('it computes with what it was given, waits for itself, and gives back JSON', async () => {
    expect(await resultOf('return n * 2', { n: 21 })).toBe(42);
    expect(
      await resultOf('const [first] = await Promise.all([one(), 2]); return { first, list, when: new Date(0) }; async function one() { return 1 }', {
        list: ['a', null],
      }),
    ).toEqual({
      first: 1,
      list: ['a', null],
      when: '1970-01-01T00:00:00.000Z',
    });
    for (const nothing of ['', 'return', 'return undefined', 'return () => 1', 'return Symbol()', 'return NaN']) expect(await resultOf(nothing)).toBe(null);
    expect(await resultOf('console.log(1); return "Grüße 👋"')).toBe('Grüße 👋');
  });

  test('a mistake is told with its line', async () => {
    expect(await run('\n\nreturn foo.bar')).toEqual({ kind: 'error', error: "ReferenceError: 'foo' is not defined (line 3)" });
    expect(await run('throw new TypeError("no")')).toEqual({ kind: 'error', error: 'TypeError: no (line 1)' });
    expect(await run('throw "just text"')).toEqual({ kind: 'error', error: 'just text' });
    expect(await run('return {{ n }}')).toMatchObject({ kind: 'error', error: expect.stringContaining('SyntaxError') });
    expect(await run('const a = {}; a.a = a; return a')).toMatchObject({ kind: 'error', error: expect.stringContaining('circular') });
    expect(await run('return 1n')).toMatchObject({ kind: 'error' });
    expect(await run('await new Promise(() => {})')).toEqual({ kind: 'error', error: 'The code waits for something that cannot come.' });
  });

  test('more than 64 KB does not come out', async () => {
    expect((await run('return "x".repeat(60_000)')).kind).toBe('ok');
    expect(await run('return "x".repeat(70_000)')).toEqual({ kind: 'error', error: 'The result is larger than 64 KB.' });
  });
});

const names =
  'process require module global Buffer fetch WebAssembly Worker XMLHttpRequest WebSocket setTimeout setInterval queueMicrotask std os scriptArgs print load loadScript importScripts postMessage parentPort navigator document window self Deno Bun crypto'.split(
    ' ',
  );
const values =
  'globalThis|(()=>{})|[]|""|1|/x/|new Error()|Promise.resolve()|new Proxy({}, {})|Symbol()|new Date()|new Map()|(function*(){})()|(async()=>{})()|console.log|Math|JSON'.split(
    '|',
  );
const modules =
  'node:fs fs node:child_process https://example.com/x.mjs file:///etc/passwd data:text/javascript,1 ./guest.ts node:worker_threads qjs:os std'.split(' ');

/** Each looks for a way to the host and says what it found; null is nothing. */
const escapes = [
  `return ${JSON.stringify(names)}.filter((name) => name in globalThis || eval('typeof ' + name) !== 'undefined').join() || null`,
  `const f = (value) => value.constructor.constructor ?? Function; return [${values.join()}].filter((value) => { const g = f(value)('return this')(); return g?.process ?? g?.require ?? g?.module }).length || null`,
  `return (await Promise.all(${JSON.stringify(modules)}.map((name) => import(name).then(() => name, () => null)))).filter(Boolean).join() || null`,
  'return await eval("import(\'fs\')").then(() => "fs", () => null)',
  'return typeof (0, eval)("this").process === "undefined" ? null : "process"',
  'return typeof new Function("return this")().process === "undefined" ? null : "process"',
  'const f = Object.getPrototypeOf(async () => {}).constructor; return typeof (await f("return this")()).process === "undefined" ? null : "process"',
  'const f = Object.getPrototypeOf(function* () {}).constructor; return typeof f("yield this")().next().value?.process === "undefined" ? null : "process"',
  'const f = Object.getPrototypeOf(async function* () {}).constructor; return typeof (await f("yield this")().next()).value?.process === "undefined" ? null : "process"',
  'try { null.x } catch (error) { return typeof error.constructor.constructor("return this")().process === "undefined" ? null : "process" }',
  'Error.prepareStackTrace = (_, stack) => stack; const found = new Error().stack; return Array.isArray(found) ? found.map((one) => typeof one.getThis).join() : null',
  'Error.stackTraceLimit = Infinity; return /node_modules|guest|file:|worker/.test(new Error().stack) ? new Error().stack : null',
  'const f = () => f(); try { f() } catch (error) { return typeof error.constructor.constructor("return this")().process === "undefined" ? null : "process" }',
  'return await new Promise((done) => { const p = { then: (a) => a({ then: null }) }; Promise.resolve(p).then(() => done(null)) })',
  'class A extends Promise { static get [Symbol.species]() { return function (run) { run(() => {}, () => {}); this.x = arguments.callee.caller } } } try { new A(() => {}).then() } catch { return null } return null',
  'return Array.prototype.concat.call(new Proxy([], { get: (_t, key) => key === "constructor" ? { [Symbol.species]: function () { return globalThis } } : undefined })).process ?? null',
  'const seen = []; const trap = new Proxy(function () {}, { get: (_t, key) => (seen.push(String(key)), trap), apply: (_t, self) => (seen.push(typeof self), trap) }); Promise.resolve(trap); await null; return seen.some((one) => /^(process|mainModule)$/.test(one)) ? seen : null',
  'return arguments.callee?.caller ? "caller" : null',
  'function f() { return f.caller } try { return f() ? "caller" : null } catch { return null }',
  'return typeof globalThis.constructor?.constructor?.("return globalThis.process")() === "undefined" ? null : "process"',
  'return new SharedArrayBuffer(8).constructor.constructor("return this")().process ?? null',
  'const group = new FinalizationRegistry(() => {}); group.register({}, 1); return group.constructor.constructor("return this")().process ?? null',
  'return "x".replace(/x/, (...all) => typeof all.at(-1) === "object" ? "host" : "") || null',
  'return JSON.parse("{}", function () { return this.process ?? null })',
  'return ({ toJSON() { return typeof this.process === "undefined" ? null : "process" } })',
  'return Reflect.ownKeys(globalThis).filter((one) => /^(__|qts|module|host|vm)/i.test(String(one))).join() || null',
  'return Reflect.ownKeys(Object.prototype).filter((one) => !/^(constructor|toString|toLocaleString|valueOf|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|__\\w+__)$/.test(String(one))).join() || null',
  'globalThis.__proto__.polluted = 1; return null',
  'Object.prototype.polluted = 1; Array.prototype.polluted = 1; JSON.stringify = () => "\\"changed\\""; return null',
  'String.prototype.slice = () => { throw 1 }; Promise.prototype.then = () => { throw 2 }; globalThis.JSON = null; return null',
  '})(), (async () => { return typeof process === "undefined" ? null : "process"',
  '}); globalThis.late = 1; (async () => { return null',
  '/*',
  '`',
  '\\u0000',
  '#!/usr/bin/env node',
];

test('no way leads out: each of these finds nothing of the host', async () => {
  expect(escapes.length + names.length + values.length + modules.length).toBeGreaterThan(90);
  const before = { objects: Reflect.ownKeys(Object.prototype).length, globals: Reflect.ownKeys(globalThis).length, env: { ...process.env } };
  const found = await Promise.all(escapes.map(async (code, at) => ({ code, ran: await run(code, { workspaceId: at, wallMs: 10_000 }) })));
  // Either nothing was found, or the guest's own engine said no.
  expect(found.filter(({ ran }) => (ran.kind === 'ok' ? ran.text !== 'null' : ran.kind !== 'error'))).toEqual([]);
  expect(found.filter(({ ran }) => ran.kind === 'ok').length).toBeGreaterThan(30);
  expect({ objects: Reflect.ownKeys(Object.prototype).length, globals: Reflect.ownKeys(globalThis).length, env: { ...process.env } }).toEqual(before);
}, 60_000);

test('one run leaves nothing behind for the next', async () => {
  await run('globalThis.left = 1; Object.prototype.left = 1; JSON.stringify = () => "1"; return 0');
  expect(await resultOf('return typeof left === "undefined" && ({}).left === undefined')).toBe(true);
});

const unboundedTime = [
  'while (true) {}',
  'for (;;) { try { for (;;) {} } catch {} finally { continue } }',
  'const f = () => Promise.resolve().then(f); f(); await new Promise(() => {})',
  'async function f() { for (;;) await null } await f()',
  'return /^(a+)+$/.test("a".repeat(40) + "b")',
  'return /(x+x+)+y/.test("x".repeat(50))',
  'return Array(1e8).join("x").length',
  'let n = 3n; for (;;) n = n * n % (2n ** 100_000n)',
  'return Array.from({ length: 2_000 }, (_, i) => i).sort(() => { for (;;) {} })',
  'return { toJSON() { for (;;) {} } }',
  'throw { get message() { for (;;) {} } }',
  'throw { message: { toString() { for (;;) {} } } }',
  'return "a".repeat(1e3).replace(/a/g, () => { for (;;) {} })',
  'return new Proxy({}, { ownKeys() { for (;;) {} } })',
  'function* f() { for (;;) yield 1 } for (const one of f()) {}',
  'return JSON.parse("[" + "1,".repeat(1e5) + "1]", () => { for (;;) {} })',
];

const unboundedMemory = [
  'const all = []; for (;;) all.push(new Array(1_000).fill(1))',
  'let s = "x"; for (;;) s += s',
  'const all = []; for (;;) all.push("x".repeat(100_000) + all.length)',
  'for (const all = []; ; ) { try { all.push("x".repeat(100_000) + Math.random()) } catch {} }',
  'return new Array(4e9).fill(1)',
  'const all = []; for (;;) all.push(new ArrayBuffer(10_000_000))',
  'const all = {}; for (let at = 0; ; at += 1) all["key" + at] = at',
  'const all = new Map(); for (let at = 0; ; at += 1) all.set({ at }, [at])',
  'return Array.from({ length: 3e6 }, () => Math.random()).sort()',
  'return "a".repeat(1e7).split("")',
  'let all = []; for (let at = 0; at < 1e5; at += 1) all = [all]; return all',
  'const f = () => f(); f()',
  'const f = (...all) => f(...all, ...all, 1); f(1)',
  'return JSON.parse("[".repeat(1e6) + "]".repeat(1e6))',
  'return eval("(".repeat(1e5) + "1" + ")".repeat(1e5))',
  'return new RegExp("(".repeat(1e5) + ")".repeat(1e5))',
  'return [..."x".repeat(1e7)].map((one) => [one]).flat()',
  'const flood = () => { Promise.resolve().then(flood); Promise.resolve().then(flood) }; flood(); await new Promise(() => {})',
];

test('what would run for ever is stopped on time', async () => {
  const limits = { cpuMs: 300, wallMs: 300 };
  const ran = await Promise.all(
    unboundedTime.map(async (code, workspaceId) => {
      const { kind } = await run(code, { ...limits, workspaceId });
      return { code, kind };
    }),
  );
  expect(ran.filter(({ kind }) => kind !== 'timeout' && kind !== 'memory')).toEqual([]);
}, 60_000);

test('what would fill the memory is stopped within it, and the host hardly notices', async () => {
  await run('return 1');
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 2);
  const kinds = new Set<string>();
  // One after the other: what is measured is one run.
  for (const code of unboundedMemory) {
    const ran = await run(code, { cpuMs: 500, wallMs: 2_000 });
    expect([code, ran.kind]).not.toEqual([code, 'ok']);
    kinds.add(ran.kind);
  }
  clearInterval(watch);
  expect([...kinds]).toContain('memory');
  // A run, the spare that waits for the next, and what a thread itself takes.
  expect(peak - before).toBeLessThan(maxMemoryBytes + 64 * 1024 * 1024);
}, 60_000);

test('others go on beside a run that will not end, and the host is never held up', async () => {
  const own = sandbox;
  let worst = 0;
  let last = process.threadCpuUsage();
  const watch = setInterval(() => {
    const now = process.threadCpuUsage();
    // What this thread itself did between two looks: what other processes took is not ours.
    worst = Math.max(worst, now.user + now.system - last.user - last.system);
    last = now;
  }, 5);
  const bad = [1, 2, 3].map(() => own.run(1, { code: 'return Array(1e8).join("x").length', input: '{}', cpuMs: 1_000, wallMs: 1_000 }));
  const good = await Promise.all([2, 3, 4, 5].map((workspaceId) => run('return 6 * 7', { workspaceId })));
  expect(good).toEqual(good.map(() => ({ kind: 'ok', text: '42' })));
  expect((await Promise.all(bad)).every(({ kind }) => kind === 'timeout' || kind === 'memory')).toBe(true);
  clearInterval(watch);
  expect(worst / 1_000).toBeLessThan(1_000);
}, 60_000);

test('a limit of time ends even what no interrupt reaches', async () => {
  expect((await run('return /^(a+)+$/.test("a".repeat(40) + "b")', { cpuMs: 500, wallMs: 500 })).kind).toBe('timeout');
});

test('who would wait too long, or is one too many, is told that nothing happened', async () => {
  const small = makeSandbox({ threads: 1, patienceMs: 50, queue: 2 });
  const long = { code: 'for (;;) {}', input: '{}', cpuMs: 400, wallMs: 400 };
  const all = await Promise.allSettled([1, 1, 1, 1].map((workspaceId) => small.run(workspaceId, long)));
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
  await small.close();
});

test('a workspace that runs nothing goes before one that runs a lot', async () => {
  const small = makeSandbox({ threads: 2 });
  const order: string[] = [];
  const code = (ms: number) => ({ code: `const end = Date.now() + ${ms}; while (Date.now() < end);`, input: '{}', cpuMs: 1_000, wallMs: 5_000 });
  const noisy = Array.from({ length: 6 }, async () => {
    await small.run(1, code(100));
    order.push('noisy');
  });
  const quiet = small.run(2, code(1)).then(() => order.push('quiet'));
  await Promise.all([...noisy, quiet]);
  await small.close();
  expect(order.indexOf('quiet')).toBeLessThan(5);
});

// The inside of one thread: QuickJS in WebAssembly, for one run, after which the thread is thrown away. Nothing of ours is
// reachable from in there; memory, stack and time have ends, and what the ends miss the host cuts off from outside.
import { parentPort, workerData } from 'node:worker_threads';
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { maxMemoryBytes, maxOutputUnits, type Ran, type Run, type ThreadData, wasm } from './run.ts';

const pageBytes = 64 * 1024;
// More, and deep recursion in the guest overflows the stack of the host.
const maxStackBytes = 128 * 1024;
// The runtime's own limit comes first, so that the code is told in its own words.
const spareBytes = 4 * 1024 * 1024;
const jobsAtOnce = 1_000;

/** Taken before the guest's first line, which may replace what it likes. */
const prelude = `((stringify, text) => {
  globalThis.console = Object.fromEntries(['log', 'info', 'warn', 'error', 'debug'].map((name) => [name, () => {}]));
  return {
    print: (value) => stringify(value === undefined ? null : value),
    tell: (thrown) => {
      const isError = typeof thrown === 'object' && thrown !== null && 'message' in thrown;
      const line = isError ? /code\\.js:(\\d+)/.exec(text(thrown.stack)) : null;
      return (isError ? text(thrown.name) + ': ' + text(thrown.message) : text(thrown)) + (line ? ' (line ' + line[1] + ')' : '');
    },
  };
})(JSON.stringify, String)`;

const { module } = workerData as ThreadData;
const memory = new wasm.Memory({ initial: 256, maximum: maxMemoryBytes / pageBytes });
// The types of the variant are those of its CommonJS form, whose default is one level deeper.
const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(variant as unknown as QuickJSSyncVariant, { wasmModule: module, wasmMemory: memory }));
parentPort?.once('message', (run: Run) => parentPort?.postMessage(perform(run)));
parentPort?.postMessage('ready');

function perform({ code, input, cpuMs, wallMs }: Run): Ran {
  const until = performance.now() + wallMs;
  const { user, system } = process.threadCpuUsage();
  let isLate = false;
  const isOver = (): boolean => {
    const used = process.threadCpuUsage();
    isLate ||= performance.now() > until || used.user + used.system - user - system > cpuMs * 1_000;
    return isLate;
  };
  const runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(maxMemoryBytes - spareBytes);
  runtime.setMaxStackSize(maxStackBytes);
  runtime.setInterruptHandler(isOver);
  const vm = runtime.newContext();
  const outcome = evaluate(vm, runtime, { code, input }, isOver);
  return isLate ? { kind: 'timeout', error: 'The code took too long.' } : outcome;
}

function evaluate(vm: QuickJSContext, runtime: QuickJSRuntime, { code, input }: Pick<Run, 'code' | 'input'>, isOver: () => boolean): Ran {
  const kept = vm.unwrapResult(vm.evalCode(prelude));
  const tools = { print: vm.getProp(kept, 'print'), tell: vm.getProp(kept, 'tell') };
  const failed = (thrown: QuickJSHandle): Ran => {
    const said = call(vm, tools.tell, thrown) ?? 'The code failed.';
    return said.startsWith('InternalError: out of memory') ? { kind: 'memory', error: 'The code used too much memory.' } : { kind: 'error', error: said };
  };
  const given = vm.evalCode(`Object.assign(globalThis, JSON.parse(${JSON.stringify(input)})), undefined`);
  if (given.error) return failed(given.error);
  const begun = vm.evalCode(`(async () => {${code}\n})()`, 'code.js');
  if (begun.error) return failed(begun.error);
  while (runtime.hasPendingJob() && !isOver()) {
    const { error } = runtime.executePendingJobs(jobsAtOnce);
    if (error) return failed(error);
  }
  const state = vm.getPromiseState(begun.value);
  if (state.type === 'pending') return { kind: 'error', error: 'The code waits for something that cannot come.' };
  if (state.type === 'rejected') return failed(state.error);
  const printed = vm.callFunction(tools.print, vm.undefined, state.value);
  if (printed.error) return failed(printed.error);
  if (vm.typeof(printed.value) !== 'string') return { kind: 'ok', text: 'null' };
  const isLong = vm.getNumber(vm.getProp(printed.value, 'length')) > maxOutputUnits;
  return isLong ? { kind: 'error', error: 'The result is larger than 64 KB.' } : { kind: 'ok', text: vm.getString(printed.value) };
}

/** Null when it failed too, or did not answer with a text of sensible length. */
function call(vm: QuickJSContext, tool: QuickJSHandle, thrown: QuickJSHandle): string | null {
  const said = vm.callFunction(tool, vm.undefined, thrown);
  if (said.error || vm.typeof(said.value) !== 'string') return null;
  return vm.getNumber(vm.getProp(said.value, 'length')) > maxOutputUnits ? null : vm.getString(said.value).slice(0, 500);
}

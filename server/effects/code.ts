// Runs a little JavaScript in the sandbox and brings back its result as JSON.
import type { Value } from '@parley/engine/expression/value.ts';
import type { Effect } from '../effects.ts';
import { readJson } from '../egress/json.ts';
import { maxInputUnits, type Ran } from './code/run.ts';
import { makeSandbox } from './code/sandbox.ts';

const maxCpuMs = 1_000;

const sandbox = makeSandbox();

export const code: Effect<'code'> = {
  ask: 'code',
  setting: { name: 'code_enabled', whenOff: 'Code is off in this workspace. Someone who manages it can turn it on in its settings.' },
  isRepeatable: () => true,
  perform: async (_app, { code, with: given, timeout_ms }, { workspaceId }) => {
    const input = JSON.stringify(given);
    if (input.length > maxInputUnits) return { ok: false, values: { kind: 'error', error: 'The code was given more than 1 MB.' } };
    const ran = await sandbox.run(workspaceId, { code, input, cpuMs: Math.min(timeout_ms, maxCpuMs), wallMs: timeout_ms });
    return answerOf(ran);
  },
};

function answerOf(ran: Ran): { ok: boolean; values: { [name: string]: Value } } {
  if (ran.kind !== 'ok') return { ok: false, values: { kind: ran.kind, error: ran.error } };
  const result = readJson(ran.text);
  return result === undefined ? { ok: false, values: { kind: 'error', error: 'The result is nested too deeply.' } } : { ok: true, values: { result } };
}

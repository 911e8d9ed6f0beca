// `parley dlq …`: the dead-letter list, work of all workspaces that was given up.
import type { Command } from './command.ts';
import { callAsOperator, listAsOperator, readAsOperator } from './operator.ts';

type DeadJob = { id: number; kind: string; workspace: number; attempts: number; crashes: number; error: string | null; created_at: number; dead_at: number };

const path = '/v1/operator/jobs';
const parameters = [{ name: 'id', summary: 'the number that `dlq list` shows' }];
const placeOf = ([id = '']: string[]): string => `${path}/${encodeURIComponent(id)}`;

export const dlqList: Command = {
  name: 'dlq list',
  summary: 'work that was given up, with the cause; newest first',
  examples: ['dlq list', 'dlq list --json'],
  run: async ({ config, terminal }) => {
    const jobs = await listAsOperator<DeadJob>(config(), path);
    return terminal.reply({ data: jobs }, jobs.length === 0 ? 'Nothing was given up.' : jobs.map(lineOf).join('\n'));
  },
};

function lineOf({ id, kind, workspace, attempts, error, dead_at }: DeadJob): string {
  const given = new Date(dead_at).toISOString().slice(0, 19).replace('T', ' ');
  return `${String(id).padStart(5)}  ${given}  ${kind}  workspace ${workspace}  after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}  ${error ?? ''}`;
}

export const dlqShow: Command = {
  name: 'dlq show',
  summary: 'one of them, with what it was asked to do',
  parameters,
  examples: ['dlq show 12'],
  run: async ({ parameters: given, config, terminal }) => {
    const job = await readAsOperator(config(), (get) => get<DeadJob & { payload: unknown }>(placeOf(given)));
    return terminal.reply(job, `${lineOf(job)}\n${JSON.stringify(job.payload, null, 2)}`);
  },
};

export const dlqReplay: Command = {
  name: 'dlq replay',
  summary: 'have it done again, once its cause is gone; its conversation has gone on without it',
  parameters,
  examples: ['dlq replay 12'],
  run: async ({ parameters: given, config, terminal }) => {
    const job = await callAsOperator<DeadJob>(config(), { method: 'POST', path: `${placeOf(given)}/replay` });
    return terminal.reply(job, `Job ${job.id} will be done again, at once where a server runs.`);
  },
};

export const dlqDrop: Command = {
  name: 'dlq drop',
  summary: 'drop it for good',
  parameters,
  examples: ['dlq drop 12'],
  run: async ({ parameters: given, config, terminal }) => {
    await callAsOperator(config(), { method: 'DELETE', path: placeOf(given) });
    return terminal.reply({ id: Number(given[0]), dropped: true }, `Job ${given[0]} is dropped.`);
  },
};

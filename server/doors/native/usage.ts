// /v1/usage: what the chats of a member have used, counted by key, flow, model or day.
import { z } from 'zod';
import { countUsage, usageKinds } from '../../commands/chat-usage.ts';
import { noUsage } from '../../commands/chat-wire.ts';
import { route } from '../../http/route.ts';
import { ownerOf } from './chat-calls.ts';
import { wordsIn } from './chat-messages.ts';
import { moment } from './shapes.ts';

const tokens = z.int().describe('Of model calls, of which a scripted flow makes none.');

export const usageRoutes = [
  route({
    method: 'GET',
    path: '/usage',
    access: 'chats_read',
    query: z.object({
      group_by: wordsIn(usageKinds).optional().describe('Any of key, flow, model, day, with commas between; absent = all in one.'),
      from: moment.optional().describe('Milliseconds since 1970, UTC; 30 days before `until` when absent.'),
      until: moment.optional().describe('Now when absent; at most 92 days after `from`.'),
    }),
    reply: z.object({
      from: z.int(),
      until: z.int(),
      complete: z.boolean().describe('False when there was more than is counted at once: ask for a shorter time.'),
      data: z.array(
        z.object({
          key: z.int().nullable().optional().describe('The key that made the chats; null for a person.'),
          flow: z.int().nullable().optional(),
          model: z.null().optional(),
          day: z.string().optional().describe('UTC.'),
          runs: z.int(),
          failed_runs: z.int(),
          duration_ms: z.int().describe('Of the runs that are over, waits included.'),
          input_tokens: tokens,
          output_tokens: tokens,
          total_tokens: tokens,
          model_calls: tokens,
          tool_calls: tokens,
          cost: z.object({ amount: z.string(), currency: z.string(), estimated: z.boolean() }),
        }),
      ),
    }),
    docs: {
      tag: 'Chats',
      id: 'getUsage',
      summary: 'What chats have used',
      description: 'Runs begun in the time asked for, counted together by what is named.',
    },
    run: async (context) => {
      const { app, query } = context;
      const { from, until, rows, isWhole } = await countUsage(app, ownerOf(context), query);
      const { input_tokens, output_tokens, total_tokens, model_calls, tool_calls, cost } = noUsage;
      const data = rows.map((row) => ({ ...row, input_tokens, output_tokens, total_tokens, model_calls, tool_calls, cost }));
      return { from, until, complete: isWhole, data };
    },
  }),
];

// The address a flow gives out for another system to call: which conversation, and a secret that is the same at every replay.
import type { App } from '../app.ts';

export type Called = { botId: number; conversationId: number; token: string };

export function webhookToken({ secrets }: Pick<App, 'secrets'>, conversationId: number, key: string): string {
  return secrets.mac('wait-webhook', `${conversationId}:${key}`).slice(0, 22);
}

export function webhookPath({ botId, conversationId, token }: Called): string {
  return `/hooks/wait/${botId}-${conversationId}-${token}`;
}

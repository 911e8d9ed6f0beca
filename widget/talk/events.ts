// Server-sent events, read from text as it comes.
import { attemptNow } from '../api.ts';

export type StreamEvent = { name: string; data: unknown; id: number | null };

const mostBytes = 2_000_000;

export function eventReader(take: (event: StreamEvent) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).split(/\r?\n\r?\n/);
    rest = (blocks.pop() ?? '').slice(-mostBytes);
    for (const block of blocks) {
      const fields: { [name: string]: string } = {};
      for (const line of block.split(/\r?\n/)) {
        const [, name = '', value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
        fields[name] = name === 'data' && fields.data !== undefined ? `${fields.data}\n${value}` : value;
      }
      const data = attemptNow(() => JSON.parse(fields.data ?? '') as unknown, undefined);
      if (data !== undefined) take({ name: fields.event || 'message', data, id: fields.id ? Number(fields.id) : null });
    }
  };
}

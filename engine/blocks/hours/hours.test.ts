import { expect, test } from 'vitest';
import { ends, play } from '../../testing/play.ts';

const hours = (to: object) => ({ a: [{ id: 'h', type: 'hours', to }, ...ends('Next')], open: ends('Open'), closed: ends('Closed') });
const at = (to: object, when: string) => play(hours(to), [`do: ${when}`, 'you: hi'])[2];

test('open goes one way and closed another', () => {
  expect(['open', 'closed'].map((when) => at({ open: 'open', closed: 'closed' }, when))).toEqual(['bot: Open', 'bot: Closed']);
});

test('what is not connected goes on with what follows', () => {
  expect(['open', 'closed'].map((when) => at({ closed: 'closed' }, when))).toEqual(['bot: Next', 'bot: Closed']);
  expect(at({}, 'closed')).toBe('bot: Next');
});

import { expect, test } from 'vitest';
import { begin, ends, play } from '../testing/play.ts';

const asking = { a: [{ id: 'q', type: 'ask', kind: 'text', text: 'Size?', retry: { max: 1 }, to: { next: 'b' } }], b: ends('Fine') };
const asked = ['bot: Go on?', '     1. Go on', '     2. Start again'];

test('whoever goes on is asked the same again, and whoever starts again starts again', () => {
  expect(play(asking, ['you: hi', 'do: late', 'you: 1', 'you: L']).slice(-7)).toEqual(
    [...asked, 'you: 1', 'bot: Size?', 'you: L', 'bot: Fine', 'do: end'].slice(-7),
  );
  expect(play(asking, ['you: hi', 'do: late', 'you: [Start again]']).slice(-3)).toEqual(['you: [Start again]', 'do: command restart', 'bot: Size?']);
});

test('anything else answers what was asked at first', () => {
  expect(play(asking, ['you: hi', 'do: late', 'you: XL']).slice(-3)).toEqual(['you: XL', 'bot: Fine', 'do: end']);
});

test('what waits for something else than a reply asks nothing', () => {
  const talk = begin({ a: [{ id: 'w', type: 'wait', for: '1h' }, ...ends('x')] });
  const { session } = talk;
  talk.direct('do: late');
  expect(talk.session).toBe(session);
});

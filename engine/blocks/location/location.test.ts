import { expect, test } from 'vitest';
import { begin, play, saidBy } from '../../testing/play.ts';

const place = (more: object) => ({ a: [{ id: 'l', type: 'location', ...more, to: { next: '@end' } }] });

test('a place goes out as numbers, with its name and address', () => {
  const groups = place({ lat: '{{ 50 + 2.52 }}', lng: 13.4, name: 'Shop', address: 'Main Street 1' });
  expect(saidBy(begin(groups))).toEqual([{ kind: 'location', lat: 52.52, lng: 13.4, name: 'Shop', address: 'Main Street 1' }]);
  expect(play(groups)).toEqual(['bot: Shop', '     Main Street 1', '     52.52,13.4', 'do: end']);
});

test.each([
  ['a missing value', '{{ nothing }}', 1],
  ['a latitude beyond the pole', 91, 1],
  ['a longitude beyond the date line', 1, -181],
])('a place that is none is not sent: %s', (_name, lat, lng) => {
  const talk = begin(place({ lat, lng }));
  expect(talk.lines).toEqual(['do: end']);
  expect(talk.outputs[0]).toMatchObject({ kind: 'log', level: 'warn' });
});

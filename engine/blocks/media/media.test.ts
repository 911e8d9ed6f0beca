import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { begin, flowOf, play, saidBy } from '../../testing/play.ts';

const media = (more: object, before: object[] = []) => ({ a: [...before, { id: 'm', type: 'media', kind: 'image', to: { next: '@end' }, ...more }] });

test('a picture goes out with its caption and what it shows for those who cannot see it', () => {
  const message = { url: 'https://example.com/{{ 1 + 1 }}.png', alt: 'A cat', caption: 'Our {{ "*cat*" }}' };
  expect(saidBy(begin(media(message)))).toEqual([{ kind: 'media', media: 'image', url: 'https://example.com/2.png', alt: 'A cat', caption: 'Our \\*cat\\*' }]);
  expect(play(media(message))).toEqual(['bot: Our *cat*', '     https://example.com/2.png', 'do: end']);
});

test.each(['image', 'video', 'audio', 'file', 'sticker'])('a media block can send: %s', (kind) => {
  expect(saidBy(begin(media({ kind, url: 'https://example.com/x' })))).toEqual([{ kind: 'media', media: kind, url: 'https://example.com/x' }]);
});

test('a file someone sent is sent back by its address', () => {
  const groups = media({ kind: 'file', file: '{{ photo }}' }, [{ id: 'q', type: 'ask', kind: 'file', text: 'Photo?', save: 'photo', retry: { max: 1 } }]);
  const talk = begin(groups, { more: { vars: { photo: { type: 'file' } } } });
  talk.say({ text: '', files: [{ id: '1', name: 'a.png', type: 'image/png', size: 5, url: 'https://files.example/1' }] });
  expect(saidBy(talk).at(-1)).toEqual({ kind: 'media', media: 'file', url: 'https://files.example/1' });
});

test('an empty address sends nothing, says so in the log and goes on', () => {
  const talk = begin(media({ url: '{{ subscriber.picture }}' }));
  expect(talk.lines).toEqual(['do: end']);
  expect(talk.outputs).toContainEqual({ kind: 'log', block: 'a.m', level: 'warn', text: 'There is nothing to show: the address is empty.' });
  expect(check(flowOf(media({}))).map((one) => one.code)).toEqual(['E04']);
});

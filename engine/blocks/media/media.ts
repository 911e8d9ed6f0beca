// Shows a picture, a video, a sound, a file or a sticker.
import { z } from 'zod';
import { defineBlock, template } from '../../block.ts';
import { textOf } from '../../expression/value.ts';

export const media = defineBlock({
  type: 'media',
  family: 'say',
  label: 'Media',
  summary: 'Sends a picture, a video, a sound or a file.',
  settings: {
    kind: z.enum(['image', 'video', 'audio', 'file', 'sticker']),
    url: template.optional(),
    file: template.optional(),
    alt: template.optional(),
    caption: template.optional(),
  },
  texts: ['alt', 'caption'],
  ports: () => [],
  check: (block) => (block.url || block.file ? [] : [{ code: 'E04', message: 'A media block needs an address or a file.' }]),
  run: (block, turn) => {
    const url = block.url === undefined ? addressOf(turn.value(block.file ?? '')) : turn.text(block.url);
    if (url === '') {
      turn.log('warn', 'There is nothing to show: the address is empty.');
      return { go: 'next' };
    }
    turn.say({
      kind: 'media',
      media: block.kind,
      url,
      ...(block.alt === undefined ? {} : { alt: turn.text(block.alt) }),
      ...(block.caption === undefined ? {} : { caption: turn.text(block.caption, 'markdown') }),
    });
    return { go: 'next' };
  },
});

/** A file value is a reference with an address, or already one. */
function addressOf(value: Parameters<typeof textOf>[0]): string {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? textOf(value.url ?? null) : textOf(value);
}

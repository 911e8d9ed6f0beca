// Shows a place.
import { z } from 'zod';
import { defineBlock, template } from '../../block.ts';
import { numberOf } from '../../expression/value.ts';

const coordinate = z.union([z.number(), template]);

export const location = defineBlock({
  type: 'location',
  family: 'say',
  label: 'Location',
  summary: 'Sends a place on the map.',
  settings: { lat: coordinate, lng: coordinate, name: template.optional(), address: template.optional() },
  texts: ['name', 'address'],
  ports: () => [],
  run: (block, turn) => {
    const lat = numberOf(turn.value(block.lat));
    const lng = numberOf(turn.value(block.lng));
    if (lat === null || lng === null || Math.abs(lat) > 90 || Math.abs(lng) > 180) {
      turn.log('warn', 'There is no such place: latitude and longitude must be numbers.');
      return { go: 'next' };
    }
    turn.say({
      kind: 'location',
      lat,
      lng,
      ...(block.name === undefined ? {} : { name: turn.text(block.name) }),
      ...(block.address === undefined ? {} : { address: turn.text(block.address) }),
    });
    return { go: 'next' };
  },
});

// The name under which a bot has a page of its own at /b/. Bots that were there before are called by their number.
import type { Migration } from '../migrations.ts';

export const botSlugs: Migration = {
  name: '0070-bot-slugs',
  up: () => ['alter table bot add column slug text', "update bot set slug = 'bot-' || id", 'create unique index bot_slug on bot (slug)'],
};

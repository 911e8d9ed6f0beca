// Chats are found by part of their name, and begin each run with the values their program gave them.
import type { Migration } from '../migrations.ts';

export const chatVariables: Migration = {
  name: '0015-chat-variables',
  up: () => [
    `alter table chat add column name_key text not null default ''`,
    'update chat set name_key = lower(name)',
    `alter table chat add column variables text not null default '{}'`,
  ],
};

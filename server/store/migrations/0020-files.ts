// What people upload. The bytes lie in a store of files, under `key`.
import type { Migration } from '../migrations.ts';

export const files: Migration = {
  name: '0020-files',
  up: (d) => [
    // No workspace, bot or subscriber takes its rows along: housekeeping must still find the bytes of those that are gone.
    `create table file (
      id ${d.id}, public_id text not null unique, workspace_id ${d.int} not null, bot_id ${d.int} not null,
      conversation_id ${d.int} references conversation (id) on delete set null,
      message_id ${d.int} references message (id) on delete set null,
      uploader_kind text not null, uploader_id ${d.int} not null, name text not null, type text not null, kind text not null,
      size ${d.int} not null, sha256 text not null, key text not null, is_inline_safe ${d.int} not null,
      state text not null, at ${d.int} not null)${d.strict}`,
    'create index file_message on file (message_id)',
    'create index file_conversation on file (conversation_id)',
    'create index file_uploader on file (bot_id, uploader_kind, uploader_id, at)',
    // What belongs to no message: a handful at any time.
    'create index file_loose on file (at) where message_id is null',
    // How much a workspace holds, kept along: it is asked for with every upload.
    `create table file_space (workspace_id ${d.int} primary key, bytes ${d.int} not null)${d.strict}`,
  ],
};

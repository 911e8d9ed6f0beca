// What a version does with sessions that wait in older ones: they finish there, or go over.
import type { Migration } from '../migrations.ts';

export const publishPolicy: Migration = {
  name: '0050-publish-policy',
  up: () => [
    `alter table flow_version add column policy text not null default 'finish_on_old'`,
    `create index flow_version_migrating on flow_version (flow_id, n) where policy = 'migrate'`,
  ],
};

// Lists in the order people read them, without a sort: labels and custom events by their number, conversations by their
// latest activity, whether all of a bot's are asked for or those of one status, channel or subscriber.
import type { Migration } from '../migrations.ts';

const activity = 'coalesce(last_message_at, created_at)';

export const listIndexes: Migration = {
  name: '0014-list-indexes',
  up: () => [
    'create index label_workspace on label (workspace_id, id)',
    // Deleting a label takes it off everybody.
    'create index subscriber_label_label on subscriber_label (label_id, subscriber_id)',
    'create index custom_event_bot on custom_event (bot_id, id)',
    `create index conversation_activity on conversation (bot_id, (${activity}), id)`,
  ],
};

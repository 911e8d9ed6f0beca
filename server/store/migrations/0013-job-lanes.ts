// Jobs that must be done in the order they were asked for share a lane.
import type { Migration } from '../migrations.ts';

export const jobLanes: Migration = {
  name: '0013-job-lanes',
  up: () => ['alter table job add column lane text', 'create index job_lane on job (lane, id) where lane is not null'],
};

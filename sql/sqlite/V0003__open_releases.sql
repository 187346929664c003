-- What has no recorded end is to be run, also when somebody wrote a final status over it; and a success
-- whose deferred nodes catch up stays a success.

ALTER TABLE release_tasks ADD COLUMN catches_up INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS release_tasks_open ON release_tasks (finished_at);
-- What ended before without a time of its end (by hand, or imported) has one now: nobody is to be told of it today.
UPDATE release_tasks SET finished_at = updated_at, updated_at = updated_at WHERE finished_at IS NULL AND status IN ('success', 'failed', 'cancelled') AND id NOT IN (SELECT release_task_id FROM release_task_nodes WHERE status IN ('pending', 'running'));

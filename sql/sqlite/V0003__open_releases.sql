-- What has no recorded end is to be run, also when somebody wrote a final status over it; and a success
-- whose deferred nodes catch up stays a success.

ALTER TABLE release_tasks ADD COLUMN catches_up INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS release_tasks_open ON release_tasks (finished_at);

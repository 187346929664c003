-- Steering of releases: holds between batches, working time, retries, callbacks. On SQLite a migration
-- is one transaction, so that its statements run once.

ALTER TABLE release_tasks ADD COLUMN hold TEXT;
ALTER TABLE release_tasks ADD COLUMN hold_until TEXT;
ALTER TABLE release_tasks ADD COLUMN paused_at TEXT;
ALTER TABLE release_tasks ADD COLUMN paused_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN batch_work_start_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN steer_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN forced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN from_release INTEGER;
ALTER TABLE release_tasks ADD COLUMN callback_state TEXT;
ALTER TABLE release_tasks ADD COLUMN callback_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN callback_at TEXT;
ALTER TABLE release_task_nodes ADD COLUMN attempts_before INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS release_tasks_callback ON release_tasks (callback_state);

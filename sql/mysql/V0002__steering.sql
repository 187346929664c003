-- Steering of releases: holds between batches, working time, retries, callbacks. A column that is there
-- already (a migration that was cut short) is passed over by the program: MySQL 8 has no IF NOT EXISTS here.

ALTER TABLE release_tasks ADD COLUMN hold VARCHAR(32) NULL;
ALTER TABLE release_tasks ADD COLUMN hold_until TIMESTAMP(3) NULL DEFAULT NULL;
ALTER TABLE release_tasks ADD COLUMN paused_at TIMESTAMP(3) NULL DEFAULT NULL;
ALTER TABLE release_tasks ADD COLUMN paused_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN batch_work_start_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN steer_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN forced TINYINT NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN from_release BIGINT NULL;
ALTER TABLE release_tasks ADD COLUMN callback_state VARCHAR(32) NULL;
ALTER TABLE release_tasks ADD COLUMN callback_tries INT NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD COLUMN callback_at TIMESTAMP(3) NULL DEFAULT NULL;
ALTER TABLE release_task_nodes ADD COLUMN attempts_before INT NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD KEY release_tasks_callback (callback_state);
-- A selector may list 10,000 nodes.
ALTER TABLE release_tasks MODIFY COLUMN batch_config MEDIUMTEXT NULL;

-- What has no recorded end is to be run, also when somebody wrote a final status over it; and a success
-- whose deferred nodes catch up stays a success.

ALTER TABLE release_tasks ADD COLUMN catches_up TINYINT NOT NULL DEFAULT 0;
ALTER TABLE release_tasks ADD KEY release_tasks_open (finished_at);

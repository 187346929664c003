-- What makes an answer count only for what was sent, a batch be known by its number, and a version never be given out
-- twice. NULL, from pipelines and older processes, has a meaning everywhere (sql/README.md).

ALTER TABLE release_tasks ADD COLUMN order_id TEXT NULL;
ALTER TABLE release_tasks ADD COLUMN lease_sec REAL NULL;
ALTER TABLE release_tasks ADD COLUMN started_batch INTEGER NULL;
ALTER TABLE release_tasks ADD COLUMN started_batch_epoch INTEGER NULL;
ALTER TABLE release_task_nodes ADD COLUMN ids_passed_over INTEGER NULL;
ALTER TABLE config_versions ADD COLUMN used_at TEXT NULL;

ALTER TABLE release_task_nodes ADD COLUMN start_epoch INTEGER NULL;
ALTER TABLE release_task_nodes ADD COLUMN waived INTEGER NULL;
DROP INDEX IF EXISTS release_task_nodes_status;
CREATE INDEX IF NOT EXISTS release_task_nodes_status ON release_task_nodes (release_task_id, status, batch);

CREATE TABLE IF NOT EXISTS counters (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL DEFAULT 0
);

-- What finished releases left behind is looked at once, and what a node was last meant to get is found by the node.
ALTER TABLE release_tasks ADD COLUMN catch_up TEXT NULL;
ALTER TABLE release_task_nodes ADD COLUMN superseded_by INTEGER NULL;
CREATE INDEX IF NOT EXISTS release_task_nodes_of_node ON release_task_nodes (node_id, release_task_id);
CREATE INDEX IF NOT EXISTS release_tasks_catch_up ON release_tasks (status, catch_up);
CREATE INDEX IF NOT EXISTS release_tasks_type ON release_tasks (type, status, version);
CREATE INDEX IF NOT EXISTS release_tasks_started ON release_tasks (started_at);
CREATE INDEX IF NOT EXISTS config_versions_sha256 ON config_versions (sha256);
-- By which rule a ban was reckoned: 2 sees templates; NULL (pipelines, older processes): either.
ALTER TABLE banned_contents ADD COLUMN digest_rule INTEGER NULL;

-- The highest version of all, as far as rows still say.
INSERT OR IGNORE INTO counters (name, value) SELECT 'version', COALESCE(MAX(seen), 0) FROM (SELECT MAX(version) AS seen FROM release_tasks WHERE typeof(version) = 'integer' AND version BETWEEN 1 AND 1000000000000000 UNION ALL SELECT MAX(applied_version) FROM nodes WHERE typeof(applied_version) = 'integer' AND applied_version BETWEEN 1 AND 1000000000000000);

-- What makes an answer count only for what was sent, a batch be known by its number, and a version never be given out
-- twice. NULL, from pipelines and older processes, has a meaning everywhere (sql/README.md).

ALTER TABLE release_tasks ADD COLUMN order_id VARCHAR(64) NULL;
ALTER TABLE release_tasks ADD COLUMN lease_sec DOUBLE NULL;
ALTER TABLE release_tasks ADD COLUMN started_batch INT NULL;
ALTER TABLE release_tasks ADD COLUMN started_batch_epoch BIGINT NULL;
ALTER TABLE release_task_nodes ADD COLUMN ids_passed_over INT NULL;
ALTER TABLE config_versions ADD COLUMN used_at TIMESTAMP(3) NULL DEFAULT NULL;

ALTER TABLE release_task_nodes ADD COLUMN start_epoch BIGINT NULL;
ALTER TABLE release_task_nodes ADD COLUMN waived TINYINT NULL;
ALTER TABLE release_task_nodes DROP KEY release_task_nodes_status,
    ADD KEY release_task_nodes_status (release_task_id, status, batch);

CREATE TABLE IF NOT EXISTS counters (
    name VARCHAR(64) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL DEFAULT 0
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What finished releases left behind is looked at once, and what a node was last meant to get is found by the node.
ALTER TABLE release_tasks ADD COLUMN catch_up VARCHAR(16) NULL;
ALTER TABLE release_task_nodes ADD COLUMN superseded_by BIGINT NULL;
ALTER TABLE release_task_nodes ADD KEY release_task_nodes_of_node (node_id, release_task_id);
ALTER TABLE release_tasks ADD KEY release_tasks_catch_up (status, catch_up);
ALTER TABLE release_tasks ADD KEY release_tasks_type (type, status, version);
ALTER TABLE release_tasks ADD KEY release_tasks_started (started_at);
ALTER TABLE config_versions ADD KEY config_versions_sha256 (sha256);
-- By which rule a ban was reckoned: 2 sees templates; NULL (pipelines, older processes): either.
ALTER TABLE banned_contents ADD COLUMN digest_rule INT NULL;

-- The highest version of all, as far as rows still say.
INSERT IGNORE INTO counters (name, value) SELECT 'version', COALESCE(MAX(seen), 0) FROM (SELECT MAX(version) AS seen FROM release_tasks WHERE version BETWEEN 1 AND 1000000000000000 UNION ALL SELECT MAX(applied_version) FROM nodes WHERE applied_version BETWEEN 1 AND 1000000000000000) AS marks;

-- The whole schema of docs/contract.md section 3. Times are TEXT, UTC, 'YYYY-MM-DD HH:MM:SS.SSS'.
-- No foreign keys: pipelines delete freely. Every statement may be repeated (sql/README.md).

CREATE TABLE IF NOT EXISTS nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    main_ip TEXT NOT NULL,
    agent_port INTEGER NOT NULL DEFAULT 8443,
    enabled INTEGER NOT NULL DEFAULT 1,
    status TEXT NOT NULL DEFAULT 'online',
    labels TEXT NULL,
    cert_fingerprint TEXT NULL,
    applied_version INTEGER NULL,
    applied_config_version INTEGER NULL,
    applied_sha256 TEXT NULL,
    last_seen_at TEXT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);
CREATE UNIQUE INDEX IF NOT EXISTS nodes_name ON nodes (name);

CREATE TABLE IF NOT EXISTS config_versions (
    version INTEGER PRIMARY KEY,
    payload TEXT NOT NULL,
    sha256 TEXT NULL,
    note TEXT NULL,
    created_by TEXT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);

CREATE TABLE IF NOT EXISTS banned_contents (
    sha256 TEXT NOT NULL PRIMARY KEY,
    reason TEXT NULL,
    created_by TEXT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);

CREATE TABLE IF NOT EXISTS release_tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL DEFAULT 'apply_config',
    target TEXT NOT NULL DEFAULT 'cdn',
    version INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    total_nodes INTEGER NOT NULL DEFAULT 0,
    success_nodes INTEGER NOT NULL DEFAULT 0,
    failed_nodes INTEGER NOT NULL DEFAULT 0,
    reason TEXT NULL,
    created_by TEXT NULL,
    batch_config TEXT NULL,
    plan_sha256 TEXT NULL,
    content_sha256 TEXT NULL,
    batch_status TEXT NULL,
    current_batch INTEGER NOT NULL DEFAULT 0,
    total_batches INTEGER NOT NULL DEFAULT 0,
    not_before TEXT NULL,
    started_at TEXT NULL,
    finished_at TEXT NULL,
    last_error TEXT NULL,
    claimed_by TEXT NULL,
    claim_epoch INTEGER NOT NULL DEFAULT 0,
    lease_expires_at TEXT NULL,
    requested_action TEXT NULL,
    waived_failures INTEGER NOT NULL DEFAULT 0,
    rolls_back INTEGER NULL,
    callback_url TEXT NULL,
    write_seq INTEGER NOT NULL DEFAULT 0,
    rows_seen INTEGER NULL,
    rows_seen_at TEXT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);
CREATE UNIQUE INDEX IF NOT EXISTS release_tasks_version ON release_tasks (version);
CREATE INDEX IF NOT EXISTS release_tasks_status ON release_tasks (status, version);

CREATE TABLE IF NOT EXISTS release_task_nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_task_id INTEGER NOT NULL,
    node_id INTEGER NOT NULL,
    batch INTEGER NOT NULL DEFAULT 1,
    status TEXT NOT NULL DEFAULT 'pending',
    error_msg TEXT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    failure_kind TEXT NULL,
    agent_task_id TEXT NULL,
    config_version INTEGER NULL,
    previous_config_version INTEGER NULL,
    progress INTEGER NOT NULL DEFAULT 0,
    steps TEXT NULL,
    started_at TEXT NULL,
    finished_at TEXT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);
CREATE UNIQUE INDEX IF NOT EXISTS release_task_nodes_node ON release_task_nodes (release_task_id, node_id);
CREATE INDEX IF NOT EXISTS release_task_nodes_status ON release_task_nodes (release_task_id, status);

CREATE TABLE IF NOT EXISTS release_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_task_id INTEGER NOT NULL,
    node_id INTEGER NULL,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    actor TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    detail TEXT NULL
);
CREATE INDEX IF NOT EXISTS release_events_release ON release_events (release_task_id, id);

CREATE TABLE IF NOT EXISTS idempotency_keys (
    client TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    release_task_id INTEGER NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    PRIMARY KEY (client, idempotency_key)
);

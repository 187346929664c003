-- The whole schema of docs/contract.md section 3, for MySQL 8 and MariaDB 10.6 or newer.
-- No foreign keys: pipelines delete freely. Every statement may be repeated (sql/README.md).
-- utf8mb4_bin: words compare exactly, as they do in SQLite.

CREATE TABLE IF NOT EXISTS nodes (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    main_ip VARCHAR(64) NOT NULL,
    agent_port INT NOT NULL DEFAULT 8443,
    enabled TINYINT NOT NULL DEFAULT 1,
    status VARCHAR(32) NOT NULL DEFAULT 'online',
    labels TEXT NULL,
    cert_fingerprint VARCHAR(128) NULL,
    applied_version BIGINT NULL,
    applied_config_version BIGINT NULL,
    applied_sha256 VARCHAR(64) NULL,
    last_seen_at TIMESTAMP(3) NULL DEFAULT NULL,
    created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    UNIQUE KEY nodes_name (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS config_versions (
    version BIGINT NOT NULL PRIMARY KEY,
    payload LONGTEXT NOT NULL,
    sha256 VARCHAR(64) NULL,
    note TEXT NULL,
    created_by VARCHAR(255) NULL,
    created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS banned_contents (
    sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
    reason TEXT NULL,
    created_by VARCHAR(255) NULL,
    created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS release_tasks (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    type VARCHAR(64) NOT NULL DEFAULT 'apply_config',
    target VARCHAR(64) NOT NULL DEFAULT 'cdn',
    version BIGINT NOT NULL,
    status VARCHAR(32) NOT NULL DEFAULT 'pending',
    total_nodes INT NOT NULL DEFAULT 0,
    success_nodes INT NOT NULL DEFAULT 0,
    failed_nodes INT NOT NULL DEFAULT 0,
    reason TEXT NULL,
    created_by VARCHAR(255) NULL,
    batch_config TEXT NULL,
    plan_sha256 VARCHAR(64) NULL,
    content_sha256 VARCHAR(64) NULL,
    batch_status VARCHAR(32) NULL,
    current_batch INT NOT NULL DEFAULT 0,
    total_batches INT NOT NULL DEFAULT 0,
    not_before TIMESTAMP(3) NULL DEFAULT NULL,
    started_at TIMESTAMP(3) NULL DEFAULT NULL,
    finished_at TIMESTAMP(3) NULL DEFAULT NULL,
    last_error TEXT NULL,
    claimed_by VARCHAR(255) NULL,
    claim_epoch BIGINT NOT NULL DEFAULT 0,
    lease_expires_at TIMESTAMP(3) NULL DEFAULT NULL,
    requested_action VARCHAR(32) NULL,
    waived_failures INT NOT NULL DEFAULT 0,
    rolls_back BIGINT NULL,
    callback_url TEXT NULL,
    write_seq BIGINT NOT NULL DEFAULT 0,
    rows_seen INT NULL,
    rows_seen_at TIMESTAMP(3) NULL DEFAULT NULL,
    created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    UNIQUE KEY release_tasks_version (version),
    KEY release_tasks_status (status, version)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS release_task_nodes (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    release_task_id BIGINT NOT NULL,
    node_id BIGINT NOT NULL,
    batch INT NOT NULL DEFAULT 1,
    status VARCHAR(32) NOT NULL DEFAULT 'pending',
    error_msg TEXT NULL,
    attempt INT NOT NULL DEFAULT 0,
    failure_kind VARCHAR(32) NULL,
    agent_task_id VARCHAR(255) NULL,
    config_version BIGINT NULL,
    previous_config_version BIGINT NULL,
    progress INT NOT NULL DEFAULT 0,
    steps MEDIUMTEXT NULL,
    started_at TIMESTAMP(3) NULL DEFAULT NULL,
    finished_at TIMESTAMP(3) NULL DEFAULT NULL,
    created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    updated_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
    UNIQUE KEY release_task_nodes_node (release_task_id, node_id),
    KEY release_task_nodes_status (release_task_id, status)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS release_events (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    release_task_id BIGINT NOT NULL,
    node_id BIGINT NULL,
    at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    actor VARCHAR(255) NOT NULL DEFAULT '',
    kind VARCHAR(64) NOT NULL,
    detail MEDIUMTEXT NULL,
    KEY release_events_release (release_task_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS idempotency_keys (
    client VARCHAR(255) NOT NULL,
    idempotency_key VARCHAR(255) NOT NULL,
    request_sha256 VARCHAR(64) NOT NULL,
    release_task_id BIGINT NOT NULL,
    created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    PRIMARY KEY (client, idempotency_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

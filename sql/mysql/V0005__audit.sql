-- Who did what, in a chain: each row's hash covers the row before it. Rows are added and, by pruning, taken away from the
-- beginning; nothing is ever changed. How many there have been and the last hash stand in counters (sql/README.md).

CREATE TABLE IF NOT EXISTS audit_log (
    id BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    actor VARCHAR(255) NOT NULL DEFAULT '',
    remote VARCHAR(64) NOT NULL DEFAULT '',
    action VARCHAR(64) NOT NULL,
    object VARCHAR(255) NOT NULL DEFAULT '',
    detail MEDIUMTEXT NOT NULL,
    prev_hash VARCHAR(128) NOT NULL,
    hash VARCHAR(128) NOT NULL,
    KEY audit_log_at (at),
    KEY audit_log_actor (actor),
    KEY audit_log_action (action),
    KEY audit_log_object (object)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE counters ADD COLUMN digest VARCHAR(128) NULL;
INSERT IGNORE INTO counters (name, value) VALUES ('audit', 0);

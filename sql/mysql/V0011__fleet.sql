-- What heartbeats know of the nodes (docs/contract.md 6.12).
-- observed_content: whole, changed, empty, believed. NULL: the agent never told.
-- offline_since: heartbeats wrote status = 'offline', and the node answers nothing since then. NULL: they did not.
-- control_members: the control processes that send heartbeats. A share of the nodes belongs to each.

ALTER TABLE nodes ADD COLUMN observed_content VARCHAR(32) NULL;
ALTER TABLE nodes ADD COLUMN observed_version BIGINT NULL;
ALTER TABLE nodes ADD COLUMN observed_sha256 VARCHAR(64) NULL;
ALTER TABLE nodes ADD COLUMN observed_facts_sha256 VARCHAR(64) NULL;
ALTER TABLE nodes ADD COLUMN observed_remark TEXT NULL;
ALTER TABLE nodes ADD COLUMN agent_version VARCHAR(255) NULL;
ALTER TABLE nodes ADD COLUMN offline_since TIMESTAMP(3) NULL DEFAULT NULL;

CREATE TABLE IF NOT EXISTS control_members (
    name VARCHAR(255) NOT NULL PRIMARY KEY,
    lease_expires_at TIMESTAMP(3) NULL DEFAULT NULL,
    lease_sec DOUBLE NULL,
    joined_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

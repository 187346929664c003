-- What heartbeats know of the nodes (docs/contract.md 6.12).
-- observed_content: whole, changed, empty, believed. NULL: the agent never told.
-- offline_since: heartbeats wrote status = 'offline', and the node answers nothing since then. NULL: they did not.
-- control_members: the control processes that send heartbeats. A share of the nodes belongs to each.

ALTER TABLE nodes ADD COLUMN observed_content TEXT;
ALTER TABLE nodes ADD COLUMN observed_version INTEGER;
ALTER TABLE nodes ADD COLUMN observed_sha256 TEXT;
ALTER TABLE nodes ADD COLUMN observed_facts_sha256 TEXT;
ALTER TABLE nodes ADD COLUMN observed_remark TEXT;
ALTER TABLE nodes ADD COLUMN agent_version TEXT;
ALTER TABLE nodes ADD COLUMN offline_since TEXT;

CREATE TABLE IF NOT EXISTS control_members (
    name TEXT NOT NULL PRIMARY KEY,
    lease_expires_at TEXT,
    lease_sec REAL,
    joined_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now'))
);

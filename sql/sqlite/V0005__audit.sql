-- Who did what, in a chain: each row's hash covers the row before it. Rows are added and, by pruning, taken away from the
-- beginning; nothing is ever changed. How many there have been and the last hash stand in counters (sql/README.md).

CREATE TABLE IF NOT EXISTS audit_log (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL DEFAULT '',
    remote TEXT NOT NULL DEFAULT '',
    action TEXT NOT NULL,
    object TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_log_at ON audit_log (at);
CREATE INDEX IF NOT EXISTS audit_log_actor ON audit_log (actor);
CREATE INDEX IF NOT EXISTS audit_log_action ON audit_log (action);
CREATE INDEX IF NOT EXISTS audit_log_object ON audit_log (object);

ALTER TABLE counters ADD COLUMN digest TEXT NULL;
INSERT OR IGNORE INTO counters (name, value) VALUES ('audit', 0);

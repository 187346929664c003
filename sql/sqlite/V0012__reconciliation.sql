-- Nodes that get what they are owed, one by one (docs/contract.md 6.9).
-- release_task_nodes.joined_at: edgeroll added the row, with batch 0, to a release that had succeeded. NULL: it did not.
-- reconcile_nodes: a row for each time that reconciliation took up a node. ended_at NULL: that node is being served.
-- cause: deferred, new, empty, changed_on_disk, behind, stale_labels. outcome: success, failed, deferred, given_up.
-- continued_at: an operator continued after this failure.

ALTER TABLE release_task_nodes ADD COLUMN joined_at TEXT;

CREATE TABLE IF NOT EXISTS reconcile_nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_task_id INTEGER NOT NULL,
    node_id INTEGER NOT NULL,
    cause TEXT NOT NULL,
    taken_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    ended_at TEXT,
    outcome TEXT,
    error_msg TEXT,
    continued_at TEXT
);
CREATE INDEX IF NOT EXISTS reconcile_nodes_ended ON reconcile_nodes (ended_at, id);
CREATE INDEX IF NOT EXISTS reconcile_nodes_node ON reconcile_nodes (node_id, ended_at);
CREATE INDEX IF NOT EXISTS reconcile_nodes_release ON reconcile_nodes (release_task_id, ended_at);
CREATE INDEX IF NOT EXISTS reconcile_nodes_taken ON reconcile_nodes (taken_at);
CREATE INDEX IF NOT EXISTS reconcile_nodes_outcome ON reconcile_nodes (outcome, continued_at, id);

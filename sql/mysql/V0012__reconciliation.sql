-- Nodes that get what they are owed, one by one (docs/contract.md 6.9).
-- release_task_nodes.joined_at: edgeroll added the row, with batch 0, to a release that had succeeded. NULL: it did not.
-- reconcile_nodes: a row for each time that reconciliation took up a node. ended_at NULL: that node is being served.
-- cause: deferred, new, empty, changed_on_disk, behind, stale_labels. outcome: success, failed, deferred, given_up.
-- continued_at: an operator continued after this failure.

ALTER TABLE release_task_nodes ADD COLUMN joined_at TIMESTAMP(3) NULL DEFAULT NULL;

CREATE TABLE IF NOT EXISTS reconcile_nodes (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    release_task_id BIGINT NOT NULL,
    node_id BIGINT NOT NULL,
    cause VARCHAR(32) NOT NULL,
    taken_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    ended_at TIMESTAMP(3) NULL DEFAULT NULL,
    outcome VARCHAR(32) NULL,
    error_msg TEXT NULL,
    continued_at TIMESTAMP(3) NULL DEFAULT NULL,
    KEY reconcile_nodes_ended (ended_at, id),
    KEY reconcile_nodes_node (node_id, ended_at),
    KEY reconcile_nodes_release (release_task_id, ended_at),
    KEY reconcile_nodes_taken (taken_at),
    KEY reconcile_nodes_outcome (outcome, continued_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

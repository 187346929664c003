-- Why a node row is as it is, as a word that programs may read; error_msg beside it is for people (docs/adr/0026).
-- reason_kind: one of the words of docs/contract.md section 3.7. NULL: none, or an older process wrote the row.
-- Of running rows: reason_message says what is in the way, reason_until when the node is given up over that, and
-- earlier_error how the attempt before failed. error_msg is made of these three.

ALTER TABLE release_task_nodes ADD COLUMN reason_kind VARCHAR(32) NULL;
ALTER TABLE release_task_nodes ADD COLUMN reason_message TEXT NULL;
ALTER TABLE release_task_nodes ADD COLUMN reason_until TIMESTAMP(3) NULL DEFAULT NULL;
ALTER TABLE release_task_nodes ADD COLUMN earlier_error TEXT NULL;

-- The sentences of older versions are read here, once. When a node is given up is not: what stands there need be no time.
UPDATE release_task_nodes SET updated_at = updated_at, reason_kind = CASE
    WHEN SUBSTR(error_msg, 1, 16) = 'not dispatched: ' THEN 'release_failed'
    WHEN SUBSTR(error_msg, 1, 23) = 'stopped by the operator' THEN 'stopped'
    WHEN SUBSTR(error_msg, 1, 23) = 'the release was set to ' THEN 'ended_by_hand'
    WHEN error_msg = 'added after the release was started' THEN 'added_late'
    WHEN error_msg = 'node is disabled' THEN 'disabled'
    WHEN error_msg = 'node is in maintenance' THEN 'maintenance'
    WHEN status = 'cancelled' AND SUBSTR(error_msg, 1, 37) = 'stopped before the agent had the task' THEN 'stopped'
    WHEN status = 'deferred' AND SUBSTR(error_msg, 1, 18) = 'not reachable for ' THEN 'unreachable'
    WHEN status = 'deferred' AND SUBSTR(error_msg, 1, 27) = 'the task was never accepted' THEN 'unreachable'
    END
    WHERE reason_kind IS NULL AND status IN ('skipped', 'deferred', 'cancelled') AND error_msg IS NOT NULL;
UPDATE release_task_nodes SET updated_at = updated_at, earlier_error = CASE
    WHEN SUBSTR(error_msg, 1, 8) = 'attempt ' THEN error_msg
    WHEN INSTR(error_msg, '; attempt ') > 0 THEN SUBSTR(error_msg, INSTR(error_msg, '; attempt ') + 2)
    END
    WHERE earlier_error IS NULL AND status = 'running' AND error_msg IS NOT NULL;
UPDATE release_task_nodes SET updated_at = updated_at, reason_kind = SUBSTR(error_msg, 1, INSTR(error_msg, ': ') - 1),
    reason_message = CASE
        WHEN INSTR(error_msg, ' (given up at ') > 0
            THEN SUBSTR(error_msg, INSTR(error_msg, ': ') + 2,
                        INSTR(error_msg, ' (given up at ') - INSTR(error_msg, ': ') - 2)
        WHEN INSTR(error_msg, '; attempt ') > 0
            THEN SUBSTR(error_msg, INSTR(error_msg, ': ') + 2,
                        INSTR(error_msg, '; attempt ') - INSTR(error_msg, ': ') - 2)
        ELSE SUBSTR(error_msg, INSTR(error_msg, ': ') + 2)
        END
    WHERE reason_kind IS NULL AND status = 'running' AND (SUBSTR(error_msg, 1, 13) = 'unreachable: '
        OR SUBSTR(error_msg, 1, 10) = 'refusing: ' OR SUBSTR(error_msg, 1, 8) = 'silent: ');

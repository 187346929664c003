-- What decisions of a release rest on, and when it had been looked at to the end.
-- baked_at: its last bake and its gates were passed (invariant I18 of docs/contract.md). NULL: it did not succeed, or
-- an operator cut the look short, or an older process ended it.
-- release_evidence: append-only, written in the commit that rests on it (I16). gate: proof, limits, operator, or a
-- gate's name. verdict: pass, fail, unsure, info.
-- order_id: of the release when it was written. A release inserted again under the id of a deleted one has another.

ALTER TABLE release_tasks ADD COLUMN baked_at TIMESTAMP(3) NULL DEFAULT NULL;

CREATE TABLE IF NOT EXISTS release_evidence (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    release_task_id BIGINT NOT NULL,
    order_id VARCHAR(64) NULL,
    batch INT NOT NULL,
    at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    gate VARCHAR(32) NOT NULL,
    verdict VARCHAR(8) NOT NULL,
    is_decisive TINYINT NOT NULL DEFAULT 0,
    rule TEXT NULL,
    summary TEXT NULL,
    detail MEDIUMTEXT NULL,
    KEY release_evidence_release (release_task_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

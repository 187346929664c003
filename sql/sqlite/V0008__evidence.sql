-- What decisions of a release rest on, and when it had been looked at to the end.
-- baked_at: its last bake and its gates were passed (invariant I18 of docs/contract.md). NULL: it did not succeed, or
-- an operator cut the look short, or an older process ended it.
-- release_evidence: append-only, written in the commit that rests on it (I16). gate: proof, limits, operator, or a
-- gate's name. verdict: pass, fail, unsure, info.
-- order_id: of the release when it was written. A release inserted again under the id of a deleted one has another.

ALTER TABLE release_tasks ADD COLUMN baked_at TEXT;

CREATE TABLE IF NOT EXISTS release_evidence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_task_id INTEGER NOT NULL,
    order_id TEXT NULL,
    batch INTEGER NOT NULL,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    gate TEXT NOT NULL,
    verdict TEXT NOT NULL,
    is_decisive INTEGER NOT NULL DEFAULT 0,
    rule TEXT NULL,
    summary TEXT NULL,
    detail TEXT NULL
);
CREATE INDEX IF NOT EXISTS release_evidence_release ON release_evidence (release_task_id, id);

-- When the release had been looked at to the end: its last bake and its gates were passed (invariant I18 of
-- docs/contract.md). NULL: it did not succeed, or an operator cut the look short, or an older process ended it.

ALTER TABLE release_tasks ADD COLUMN baked_at TEXT;

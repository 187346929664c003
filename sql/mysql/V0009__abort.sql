-- A release that is undone while it runs (docs/adr/0028).
-- aborted_at: since then nothing further of it is started, and its rollback does not wait for its end. NULL: not
-- aborted, also where an older process has the claim.

ALTER TABLE release_tasks ADD COLUMN aborted_at TIMESTAMP(3) NULL DEFAULT NULL;
ALTER TABLE release_tasks ADD KEY release_tasks_rolls_back (rolls_back);

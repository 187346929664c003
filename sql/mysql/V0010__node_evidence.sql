-- What has looked at a content on its node, beside control: words with commas between them (docs/contract.md 5.3).
-- '': nobody. 'unknown': the agent does not say. NULL: no success, or an older process recorded it.
-- Of nodes: of the last success of an apply_config.

ALTER TABLE release_task_nodes ADD COLUMN evidence VARCHAR(255) NULL;
ALTER TABLE nodes ADD COLUMN evidence VARCHAR(255) NULL;

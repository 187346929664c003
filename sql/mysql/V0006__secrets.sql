-- What a node's agent said it can do, words with commas between them: `secrets`. NULL: nothing, or it never said.
-- Contents with secret files keep them sealed in config_versions.payload, which needs no column (sql/README.md).

ALTER TABLE nodes ADD COLUMN capabilities TEXT NULL;

-- Whoever makes a release by the API takes turns here, so that no two choose the same version.
INSERT IGNORE INTO counters (name, value) VALUES ('creation', 0);

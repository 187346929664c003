"""Databases that are not as this control would have made them."""
import json
import unittest

from harness import MariaDb, ProcCase, wait_until
from harness.edge import plain

LETTERS = "\u00e9 \U00020bb7 \U0001f600"


def lettered(version):
    payload = json.loads(json.dumps(plain(version)))
    payload["files"].append({"path": "letters.txt", "content": LETTERS})
    return payload


class Databases(ProcCase):
    def test_a_server_that_forces_another_character_set_changes_no_letter(self):
        self.database = MariaDb(self.folder / "mariadb")
        # init_connect is not run for a user who may do everything.
        self.database.execute(
            "CREATE USER plain@'%' IDENTIFIED BY 'plain'", "GRANT ALL PRIVILEGES ON edgeroll.* TO plain@'%'",
            "SET GLOBAL init_connect = 'SET NAMES latin1, sql_select_limit = 2, completion_type = 1'")
        edges = self.edges(3)
        user = self.database.url.split("//")[1].split("@")[0]
        control = self.control(DATABASE_URL=self.database.url.replace(user, "plain:plain"))
        self.insert_nodes(edges)
        self.database.insert_payload(1, lettered(1))
        self.insert_release(1, [[1], [2, 3]])
        self.wait_status(1, "success")
        status, answer = control.request("PUT", "/api/v1/configs/2", {"payload": lettered(2), "note": LETTERS})
        self.assertEqual(status, 200, answer)
        status, answer = control.request("POST", "/api/v1/releases", {"target": "cdn", "version": 2})
        self.assertEqual(status, 200, answer)
        self.wait_status(answer["data"]["releaseId"], "success")
        for edge in edges:
            for version in (1, 2):
                kept = (edge.root / "versions" / str(version) / "letters.txt").read_bytes()
                self.assertEqual(kept, LETTERS.encode(), edge.name)
        self.assertEqual(self.database.rows("SELECT HEX(note) FROM config_versions WHERE version = 2"),
                         [[LETTERS.encode().hex().upper()]])
        self.assertEqual(len(control.request("GET", "/api/v1/nodes")[1]["data"]["items"]), 3)

    def test_an_older_control_works_beside_a_newer_schema_and_says_what_it_lacks(self):
        edges = self.edges(1)
        control = self.control(MIGRATE=None)
        self.insert_nodes(edges)
        self.insert_config(1, plain(1))
        self.database.execute("ALTER TABLE release_tasks ADD COLUMN of_later TEXT",
                              "CREATE TABLE of_later (id INTEGER PRIMARY KEY)",
                              "INSERT INTO schema_migrations (version) VALUES (99)")
        self.assertEqual(control.get_raw("/readyz")[0], 200, control.program.tail())
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        self.assertEqual(control.program.stop(5), 0)
        control.start()
        self.assertEqual(control.run("check")[0], 0)

        self.database.execute("ALTER TABLE nodes RENAME COLUMN labels TO tags")
        status, answer = wait_until(lambda: (control.get_raw("/readyz") or (200,))[0] != 200 and control.get_raw("/readyz"),
                                    "readiness sees it", 10)
        self.assertEqual(status, 503, answer)
        self.assertIn("the schema is at 99", answer["message"])
        self.assertIn("nodes.labels", answer["message"])
        self.assertEqual(control.program.stop(5), 0)
        status, output = control.run("serve")
        self.assertEqual(status, 2, output)
        self.assertEqual(len(output.strip().splitlines()), 1, output)
        self.assertIn("nodes.labels", output)
        self.database.execute("ALTER TABLE nodes RENAME COLUMN tags TO labels")
        control.start()

    def test_the_log_has_the_servers_words_without_values(self):
        edges = self.edges(1)
        control = self.control()
        self.insert_nodes(edges)
        self.database.execute("CREATE TRIGGER no_notes BEFORE INSERT ON config_versions WHEN NEW.note IS NOT NULL "
                              "BEGIN SELECT RAISE(ABORT, 'notes are not \"s3cr3t\" allowed here'); END")
        status, answer = control.request("PUT", "/api/v1/configs/1", {"payload": plain(1), "note": "s3cr3t"})
        self.assertEqual((status, answer["code"]), (500, 5002), answer)
        self.assertNotIn("notes", answer["message"])
        wait_until(lambda: "notes are not" in control.program.tail(), control.program.tail, 10)
        self.assertNotIn("s3cr3t", control.program.tail())


if __name__ == "__main__":
    unittest.main()

"""What a content is: whether the edge serves what was pushed, whatever was pushed before."""
import hashlib
import os
import unittest

from harness import ProcCase, wait_until
from harness.edge import WEB_PORT

TEXT = "served by ${node.name}"


def as_template(text, is_template):
    entry = {"path": "hello.txt", "content": text}
    return {"files": [{**entry, "template": True} if is_template else entry]}


def older_digest(text):
    """By the rule that does not see templates."""
    return hashlib.sha256(f"hello.txt\n0644\n{len(text)}\n{text}".encode()).hexdigest()


class Contents(ProcCase):
    def setUp(self):
        super().setUp()
        self.one_control = self.control()

    def site(self, address):
        """A folder as an operator has it: nginx.conf and a page with a name in it."""
        folder = self.folder / "site"
        folder.mkdir()
        user = "user root;\n" if os.getuid() == 0 else ""
        temporary = "".join(f"    {kind}_temp_path tmp/{kind};\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"{user}worker_processes 1;\nevents {{ worker_connections 64; }}\nhttp {{\n    access_log off;\n{temporary}"
            f"    server {{\n        listen {address}:{WEB_PORT};\n        include edgeroll-version.conf;\n"
            "        location = /hello.txt { root agent/live; default_type text/plain; }\n    }\n}\n")
        (folder / "hello.txt").write_text(TEXT)
        return folder

    def push(self, version, *options):
        status, output = self.one_control.cli("config", "push", str(self.folder / "site"), str(version), *options)
        self.assertEqual(status, 0, output)
        return output

    def roll_out(self, status="success", **body):
        number = self.create(self.one_control, **body)["releaseId"]
        self.wait_status(number, status)
        return number

    def drifting(self):
        return self.one_control.request("GET", "/api/v1/nodes?drift=1")[1]["data"]["total"]

    def test_a_forgotten_template_flag_is_mended_by_the_next_version(self):
        edge = self.edge(1, nginx=True)
        self.insert_nodes([edge])
        self.site(edge.address)
        self.assertIn("version 1 stored: ", self.push(1))
        self.roll_out(version=1)
        self.assertEqual(edge.served("/hello.txt"), (200, TEXT))
        self.assertIn("version 2 stored: ", self.push(2, "--template", "hello.txt"))
        number = self.roll_out(version=2)
        wait_until(lambda: edge.served("/hello.txt") == (200, "served by edge-1"),
                   lambda: f"the page is filled in: {edge.served('/hello.txt')}\n{self.describe(number)}")
        self.assertEqual(self.drifting(), 0)
        # Back and forth again, now that the agent holds both.
        self.assertIn("version 3 stored: ", self.push(3))
        self.roll_out(version=3)
        wait_until(lambda: edge.served("/hello.txt") == (200, TEXT), "the page is literal again")
        self.push(4, "--template", "hello.txt")
        self.roll_out(version=4)
        wait_until(lambda: edge.served("/hello.txt") == (200, "served by edge-1"), "the page is filled in again")

    def test_push_says_what_became_of_it(self):
        edge = self.edge(1)
        self.insert_nodes([edge])
        self.site(edge.address)
        self.assertIn("version 1 stored: 2 files, ", self.push(1))
        self.assertIn("version 1 unchanged: 2 files, ", self.push(1))
        self.assertIn("version 1 replaced: 2 files, ", self.push(1, "--template", "hello.txt"))
        self.assertIn("version 1 replaced: 2 files, ", self.push(1, "--template", "hello.txt", "--note", "mended"))
        self.roll_out(version=1)
        self.assertEqual((edge.root / "live" / "hello.txt").read_text(), "served by edge-1")
        self.assertIn("version 1 unchanged: ", self.push(1, "--template", "hello.txt", "--note", "mended"))
        status, output = self.one_control.cli("config", "push", str(self.folder / "site"), "1", "--note", "mended")
        self.assertEqual(status, 2, output)
        self.assertIn("version 1 exists with another content and is in use", output)

    def test_agents_that_do_not_see_templates_get_what_is_meant(self):
        # An older agent holds the literal text under the digest that it has for both.
        old = self.two_call_agent(1, holds=lambda digest: digest in old.contents, old=True)
        new = self.two_call_agent(2, holds=lambda digest: digest in new.contents)
        self.insert_nodes([old, new])
        for version, is_template in ((1, False), (2, True), (3, False), (4, True)):
            status, answer = self.one_control.request("PUT", f"/api/v1/configs/{version}",
                                                      {"payload": as_template(TEXT, is_template)})
            self.assertEqual(status, 200, answer)
            self.roll_out(version=version, batch_config={"batches": ["rest"]})
        tasks = {agent: [agent.tasks[f"apply_config_{agent.address}_{version}"]["task"] for version in (1, 2, 3, 4)]
                 for agent in (old, new)}
        for agent in (old, new):
            self.assertEqual([task["sha256"] for task in tasks[agent]], [older_digest(TEXT)] * 4)
            named = [task["contentSha256"] for task in tasks[agent]]
            self.assertEqual((named[0], named[1]), (named[2], named[3]))
            self.assertEqual(named[0], older_digest(TEXT))
            self.assertNotEqual(named[0], named[1])
        self.assertEqual([task["payload"] for task in tasks[old]],
                         [as_template(TEXT, is_template) for is_template in (False, True, False, True)])
        self.assertEqual(["payload" in task for task in tasks[new]], [True, True, False, False])

    def test_a_database_of_an_older_program_goes_on(self):
        edge = self.edge(1)
        self.insert_nodes([edge])
        # Its row has the digest that does not see the template, and so has a ban.
        self.insert_config(1, as_template(TEXT, True))
        self.database.execute(f"UPDATE config_versions SET sha256 = '{older_digest(TEXT)}'")
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        self.assertEqual((edge.root / "live" / "hello.txt").read_text(), "served by edge-1")
        self.assertEqual(self.drifting(), 0)
        named = self.database.rows("SELECT sha256 FROM config_versions")[0][0]
        self.assertNotEqual(named, older_digest(TEXT))
        self.assertEqual(edge.call("GET", "/state")[1]["data"]["sha256"], named)
        self.database.execute(f"INSERT INTO banned_contents (sha256) VALUES ('{older_digest(TEXT)}')")
        self.insert_config(2, as_template(TEXT, True))
        self.insert_release(2, [[1]])
        self.wait_status(2, "failed")
        self.assertIn("is banned", self.release_row(2, "last_error")[0])


class OwnColumns(ProcCase):
    """Rows with columns that are edgeroll's own: what they say is not what would be delivered."""

    def setUp(self):
        super().setUp()
        self.one_control = self.control(starts=False)
        self.assertEqual(self.one_control.run("migrate")[0], 0)
        self.edge_one = self.edge(1)
        self.insert_nodes([self.edge_one])
        for version, text in ((1, "one"), (2, "two")):
            self.insert_config(version, as_template(text, False))

    def failed(self, number):
        self.wait_status(number, "failed")
        self.assertEqual(self.edge_one.ran(), [])
        self.assertIsNone(self.edge_one.live_version())
        return self.release_row(number, "last_error")[0]

    def test_a_made_up_rollback_delivers_nothing(self):
        self.insert_release(2, [[1]])
        self.database.execute("UPDATE release_tasks SET rolls_back = 1",
                              "UPDATE release_task_nodes SET config_version = 1")
        control = self.one_control.start()
        self.assertIn("rolls_back is edgeroll's own", self.failed(2))
        data = control.release(2)
        self.assertIsNone(data["rollsBack"])
        self.assertIsNone(data["batches"][0]["nodes"][0]["configVersion"])

    def test_a_made_up_reload_is_no_success(self):
        self.insert_release(2, [[1]])
        self.database.execute("UPDATE release_tasks SET content_sha256 = 'reload'")
        self.one_control.start()
        self.assertIn("version 2 has content", self.failed(2))

    def test_versions_that_cannot_be_fail_and_others_go_on(self):
        self.insert_release(1, [[1]], version=9223372036854775807)
        self.insert_release(2, [[1]])
        control = self.one_control.start()
        self.wait_status(2, "success")
        self.wait_status(1, "failed")
        self.assertIn("version must be a whole number from 1 to", self.release_row(1, "last_error")[0])
        self.assertEqual(self.edge_one.live_version(), "2")
        self.assertFalse(control.release(2)["reloadOnly"])
        reload = self.create(control, type="reload")
        self.assertEqual(reload["version"], 3)
        self.wait_status(reload["releaseId"], "success")
        self.assertTrue(control.release(reload["releaseId"])["reloadOnly"])

    def test_reloads_made_twice_with_their_rows_deleted_are_two(self):
        control = self.one_control.start()
        versions = []
        for _ in range(2):
            made = self.create(control, type="reload")
            self.wait_status(made["releaseId"], "success")
            versions.append(made["version"])
            for table in ("release_tasks", "release_task_nodes", "release_events"):
                self.database.execute(f"DELETE FROM {table}")
        self.assertGreater(versions[1], versions[0])
        self.assertEqual(len([line for line in self.edge_one.ran() if line.endswith(" reload")]), 2)


if __name__ == "__main__":
    unittest.main()

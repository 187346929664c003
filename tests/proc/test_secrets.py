"""Secret files from the folder that is pushed to the edge: who sees them on the way, and by which key they are kept."""
import json
import os
import secrets
import stat
import subprocess

from harness import MariaDb, ProcCase, wait_until
from harness.basics import PATIENCE, clean_environment

WORD = "correct-horse-battery-staple"


def with_secret(word, mode=None):
    entry = {"path": "key.pem", "content": f"first line\n{word}\n", "secret": True}
    return {"files": [{**entry, "mode": mode} if mode else entry, {"path": "site.conf", "content": "for all"}]}


def dump_of(database):
    """As an operator backs it up."""
    return subprocess.run(["mariadb-dump", "--no-defaults", f"--socket={database.server.socket}", "--user=root",
                           "--all-databases"], capture_output=True, text=True, timeout=PATIENCE, check=True,
                          env=clean_environment()).stdout


class Secrets(ProcCase):
    def setUp(self):
        super().setUp()
        self.key_file = self.folder / "secrets.keys"
        self.old, self.new = secrets.token_hex(32), secrets.token_hex(32)
        self.write_keys(self.old)

    def write_keys(self, *keys):
        fresh = self.folder / "keys.new"
        fresh.write_text("".join(f"{key}\n" for key in keys))
        fresh.chmod(0o640)
        fresh.rename(self.key_file)

    def keeper(self, **options):
        return self.control(SECRETS_KEY_FILE=self.key_file, **options)

    def push(self, control, version, word, *options):
        folder = self.folder / "site"
        folder.mkdir(exist_ok=True)
        (folder / "key.pem").write_text(f"first line\n{word}\n")
        (folder / "site.conf").write_text("for all")
        return control.cli("config", "push", str(folder), str(version), *options)

    def all_answers(self, control, number):
        """Everything that the API says of a release and its content, to an admin and to a viewer."""
        answers = []
        for role in ("admin", "viewer"):
            for path in (f"releases/{number}", f"releases/{number}?steps=1", f"releases/{number}/events",
                         f"configs/{number}", "nodes", "releases"):
                answers.append(str(control.request("GET", f"/api/v1/{path}", role=role)))
        answers.append(str(control.request("GET", "/api/v1/audit")))
        return "\n".join(answers)

    def secret_files(self, edge, word):
        """Paths below the agent's folder that hold the word, with their modes."""
        found = {}
        for folder, _, names in os.walk(edge.root):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    continue
                with open(path, "rb") as file:
                    if word.encode() in file.read():
                        found[os.path.relpath(path, edge.root)] = stat.S_IMODE(os.stat(path).st_mode)
        return found

    def test_are_seen_by_their_edges_and_nobody_else(self):
        self.database = MariaDb(self.folder / "mariadb")
        control = self.keeper()
        # Its check shows the secret, as a server that complains of a key does.
        edge = self.edge(1, AGENT_CHECK_CMD="cd \"$EDGEROLL_STAGED\" && cat key.pem && ! grep broken key.pem",
                         AGENT_RELOAD_CMD="cat \"$EDGEROLL_LIVE/key.pem\"")
        self.insert_nodes([edge])
        status, output = self.push(control, 1, WORD, "--secret", "*.pem")
        self.assertEqual(status, 0, output)
        self.create(control, version=1)
        self.wait_status(1, "success")
        self.assertEqual((edge.root / "live" / "key.pem").read_text(), f"first line\n{WORD}\n")
        # A pipeline inserts its row plainly: it is sealed when it is claimed.
        self.insert_config(2, with_secret(f"{WORD}-two", "0600"))
        self.insert_release(2, [[1]])
        self.wait_status(2, "success")
        self.insert_config(3, with_secret(f"{WORD}-broken"))
        self.insert_release(3, [[1]])
        self.wait_status(3, "failed")

        dump = dump_of(self.database)
        self.assertIn("for all", dump, "the dump has contents")
        self.assertNotIn(WORD, dump)
        for number in (1, 2, 3):
            answers = self.all_answers(control, number)
            self.assertIn("[secret]", answers, "the outputs of commands are there")
            self.assertNotIn(WORD, answers)
            self.assertNotIn("first line", answers)
        for program in (control.program, edge.program):
            self.assertNotIn(WORD, program.tail(100_000))
        found = self.secret_files(edge, WORD)
        self.assertEqual(found.pop("versions/1/key.pem"), 0o640)
        self.assertEqual(found.pop("versions/2/key.pem"), 0o600)
        self.assertTrue(found, "contents are kept")
        for path, mode in found.items():
            self.assertTrue(path.startswith(("contents/", "tasks/")), path)
            self.assertEqual(mode, 0o600, path)

        # Back to what it had: the content is copied sealed, the file is as it was.
        number = self.act(control, 2, "rollback")["releaseId"]
        self.wait_status(number, "success")
        self.assertEqual((edge.root / "live" / "key.pem").read_text(), f"first line\n{WORD}\n")
        self.assertEqual(stat.S_IMODE(os.stat(edge.root / "live" / "key.pem").st_mode), 0o640)
        self.assertNotIn(WORD, dump_of(self.database))

    def test_without_a_key_are_refused(self):
        control = self.control()
        edge = self.edge(1)
        self.insert_nodes([edge])
        status, output = self.push(control, 1, WORD, "--secret", "*.pem")
        self.assertEqual(status, 2, output)
        self.assertIn("SECRETS_KEY_FILE is not set", output)
        self.insert_config(1, with_secret(WORD))
        self.create(control, status=400, version=1)
        self.insert_release(1, [[1]])
        self.wait_status(1, "failed")
        self.assertIn("SECRETS_KEY_FILE is not set", self.release_row(1, "last_error")[0])
        self.assertEqual(edge.ran(), [])

    def test_are_not_sent_to_agents_that_cannot_keep_them(self):
        control = self.keeper()
        old = self.two_call_agent(1)
        new = self.edge(2)
        self.insert_nodes([old, new])
        self.assertEqual(self.push(control, 1, WORD, "--secret", "*.pem")[0], 0)
        body = {"version": 1, "batch_config": {"batches": ["rest"]}}
        preview = self.create(control, **body, dry_run=True)
        self.assertEqual([(one["count"], one["nodes"]) for one in preview["withoutSecrets"]],
                         [(2, ["edge-1", "edge-2"])])
        number = self.create(control, **body)["releaseId"]
        self.wait_status(number, "failed")
        self.assertEqual(self.node_rows(number), [["1", "failed", "rejected"], ["2", "success", None or ""]])
        self.assertIn("does not say that it can keep secret files",
                      self.node_rows(number, "error_msg")[0][0])
        self.assertEqual(old.tasks, {})
        preview = self.create(control, **body | {"version": None, "from_release": number}, dry_run=True)
        self.assertEqual([one["nodes"] for one in preview["withoutSecrets"]], [["edge-1"]])

    def test_a_begun_release_is_left_to_a_control_that_has_the_key(self):
        keeper = self.keeper()
        edges = self.edges(2)
        self.insert_nodes(edges)
        self.assertEqual(self.push(keeper, 1, WORD, "--secret", "*.pem")[0], 0)
        edges[0].hold()
        self.create(keeper, version=1, batch_config={"batches": [1, "rest"]})
        edges[0].wait_ran(1)
        keeper.program.kill()
        stranger = self.control(name="stranger")
        wait_until(lambda: "event=release_let_go" in stranger.program.tail(1000),
                   lambda: f"it gives the release back\n{stranger.program.tail()}")
        self.assertIn("SECRETS_KEY_FILE is not set", stranger.program.tail(1000))
        self.assertEqual(self.release_row(1, "status"), ["running"])
        again = self.keeper(name="again")
        edges[0].let_go()
        self.wait_status(1, "success")
        self.assertIn("event=batch_started release=1 batch=2", again.program.tail(1000))
        self.assertEqual((edges[1].root / "live" / "key.pem").read_text(), f"first line\n{WORD}\n")

    def test_sealed_by_a_key_whose_name_steers_a_terminal_are_told_in_plain_characters(self):
        control = self.keeper()
        sealed = {"key": "\x1b]0;a title\x07abcd", "nonce": "bm5ubm5ubm5ubm5u", "data": "ZGRk" * 7, "bytes": 5,
                  "sha256": "a" * 64}
        self.database.insert_payload(1, json.dumps({"files": [{"path": "a", "secret": True, "sealed": sealed}]}))
        for arguments in ([], ["--dry-run"]):
            status, output = control.run("rekey", *arguments)
            self.assertEqual(status, 1, output)
            self.assertIn("FAULT: version 1: ", output)
            self.assertNotIn("\x1b", output)
            self.assertNotIn("\x07", output)

    def test_are_kept_by_another_key_while_everything_runs(self):
        control = self.keeper()
        edge = self.edge(1)
        self.insert_nodes([edge])
        self.assertEqual(self.push(control, 1, WORD, "--secret", "*.pem")[0], 0)
        self.assertEqual(control.run("check")[0], 0)
        self.assertIn("secrets key: ok (sealing by ", control.run("check")[1])
        sealed = self.database.rows("SELECT payload FROM config_versions")[0][0]
        self.write_keys(self.new, self.old)
        wait_until(lambda: "secret_keys_reloaded" in control.program.tail(1000), "the new key is there")
        status, output = control.run("rekey", "--dry-run")
        self.assertEqual(status, 0, output)
        self.assertIn("1 content would be sealed by", output)
        self.assertEqual(self.database.rows("SELECT payload FROM config_versions")[0][0], sealed)
        status, output = control.run("rekey")
        self.assertEqual(status, 0, output)
        self.assertIn("the other keys of the file seal nothing any more", output)
        self.assertNotEqual(self.database.rows("SELECT payload FROM config_versions")[0][0], sealed)
        self.write_keys(self.new)
        wait_until(lambda: control.program.tail(1000).count("secret_keys_reloaded") == 2, "the old key is gone")
        self.create(control, version=1)
        self.wait_status(1, "success")
        self.assertEqual((edge.root / "live" / "key.pem").read_text(), f"first line\n{WORD}\n")

        # Keys that are gone: those from before are kept, and a process that starts anew says so.
        self.key_file.unlink()
        wait_until(lambda: "secret_keys_not_reloaded" in control.program.tail(1000), "that is in the log")
        self.assertEqual(self.push(control, 2, f"{WORD}-two", "--secret", "*.pem")[0], 0)
        status, output = control.run("rekey")
        self.assertEqual(status, 2, output)
        self.assertIn("SECRETS_KEY_FILE", output)
        self.write_keys(self.old)
        status, output = control.run("rekey")
        self.assertEqual(status, 1, output)
        self.assertIn("FAULT: version 1: file 'key.pem' is sealed by the key", output)
        self.key_file.chmod(0o644)
        status, output = control.run("rekey")
        self.assertEqual(status, 2, output)
        self.assertNotIn(self.old, output)

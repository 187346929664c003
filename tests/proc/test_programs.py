"""SIGTERM, and the operator's command line."""
import http.client
import json
import signal
import subprocess
import time
import unittest

from harness import ProcCase, wait_until
from harness.basics import BIN, Program, clean_environment
from harness.control import TOKENS
from harness.edge import plain


class Stopping(ProcCase):
    def assert_stops(self, program):
        begun = time.monotonic()
        self.assertEqual(program.stop(30), 0, program.tail())
        self.assertLess(time.monotonic() - begun, 5, program.tail())

    def test_idle_programs(self):
        edge, control = self.edge(1), self.control()
        self.assert_stops(control.program)
        self.assert_stops(edge.program)

    def test_in_the_middle_of_everything(self):
        edge = self.edge(1)
        edge.hold()
        control = self.control()
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        edge.wait_ran(1)
        kept = http.client.HTTPConnection(control.address, 8080, timeout=10)  # a browser's idle connection
        kept.request("GET", "/healthz")
        kept.getresponse().read()
        silent = http.client.HTTPConnection(control.address, 8080, timeout=10)
        silent.connect()
        self.assert_stops(control.program)
        self.assert_stops(edge.program)
        kept.close()
        silent.close()
        # Where they stood was written down: both go on, and the node is not sent a second task.
        edge.let_go()
        edge.start()
        control.start()
        wait_until(lambda: self.release_row(1, "status")[0] in ("success", "failed"), lambda: self.describe(1))
        self.assertLessEqual(edge.runs_of(edge.task(1), "reload"), 1)
        self.assertEqual(self.node_rows(1, "attempt"), [["1"]])
        self.assertIn(edge.live_version(), ("1", None))
        self.assertEqual(self.node_rows(1, "status") == [["success"]], edge.live_version() == "1")

    def test_twice_is_no_crash(self):
        control = self.control()
        control.program.is_expected_dead = True
        control.program.signal(signal.SIGTERM)
        control.program.signal(signal.SIGTERM)
        self.assertIn(control.program.wait(5), (0, -signal.SIGTERM))

    def test_watching_command_line(self):
        edge = self.edge(1)
        edge.hold("reload")
        control = self.control()
        self.insert_nodes([edge])
        self.insert_release(1, [[1]], version=1)
        self.wait_node(1, 1, "running")
        watch = Program("watch", [BIN / "edgeroll", "release", "watch", "1"],
                        clean_environment(EDGEROLL_URL=control.url, EDGEROLL_TOKEN=TOKENS["admin"]),
                        self.folder / "watch.log")
        control.programs.append(watch)
        wait_until(watch.log, "watch prints something")
        self.wait_row(1, status="running")
        watch.is_expected_dead = True
        watch.signal(signal.SIGTERM)
        self.assertIn(watch.wait(5), (0, -signal.SIGTERM), watch.tail())
        self.assertEqual(self.release_row(1, "status"), ["running"])  # watching is all it did


class CommandLine(ProcCase):
    def test_pushes_lists_shows_and_watches(self):
        edges = self.edges(2)
        control = self.control()
        for edge in edges:
            status, output = control.cli("node", "add", edge.name, edge.address)
            self.assertEqual(status, 0, output)
        status, output = control.cli("node", "list")
        self.assertEqual(status, 0, output)
        self.assertIn(edges[1].address, output)
        folder = self.folder / "version"
        (folder / "conf.d").mkdir(parents=True)
        (folder / "conf.d" / "site.conf").write_text("hello\n")
        status, output = control.cli("config", "push", str(folder), "1")
        self.assertEqual(status, 0, output)
        self.assertEqual(control.request("POST", "/api/v1/releases", {"target": "cdn", "version": 1})[0], 200)
        status, output = control.cli("release", "watch", "1")
        self.assertEqual(status, 0, output)
        self.assertNotIn("\x1b", output, "no colours in a pipe")
        self.assertIn("success", output)
        self.assertEqual((edges[1].root / "live" / "conf.d" / "site.conf").read_text(), "hello\n")
        status, output = control.cli("release", "show", "1", "-o", "json")
        self.assertEqual((status, json.loads(output)["status"]), (0, "success"), output)
        status, output = control.cli("release", "list", "-o", "json")
        self.assertEqual(status, 0, output)
        json.loads(output)
        status, output = control.cli("release", "list")
        self.assertIn("success", output)

    def test_exit_statuses(self):
        edge = self.edge(1)
        edge.program.stop()
        edge.settings["AGENT_CHECK_CMD"] = "echo no good >&2; false"
        edge.start()
        control = self.control()
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        status, output = control.cli("release", "watch", "1")
        self.assertEqual(status, 1, output)
        self.assertIn("no good", output)
        self.assertEqual(control.cli("release", "wotch", "1")[0], 2)
        self.assertEqual(control.cli("release", "show", "one")[0], 2)
        self.assertEqual(control.cli("release", "show")[0], 2)
        control.program.stop()
        status, output = control.cli("release", "list")
        self.assertEqual(status, 3, output)
        self.assertIn(f"{control.address}:8080", output)
        self.assertEqual(len(output.strip().splitlines()), 1, output)

    def test_token_comes_from_a_file_too_and_is_never_shown(self):
        control = self.control()
        token = self.folder / "token"
        token.write_text(TOKENS["viewer"] + "\n")
        token.chmod(0o600)
        done = subprocess.run([BIN / "edgeroll", "--url", control.url, "--token-file", token, "release", "list"],
                              capture_output=True, text=True, env=clean_environment(), timeout=30, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = subprocess.run([BIN / "edgeroll", "--url", control.url, "release", "list"], capture_output=True, text=True,
                              env=clean_environment(EDGEROLL_TOKEN="wrong-token"), timeout=30, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("wrong-token", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()

"""scripts/deploy/edgeroll-nginx: a reload ends when nginx has taken or refused the configuration, and says why."""
import os
import socket
import unittest

from harness import ProcCase, Program, wait_until
from harness.basics import clean_environment, is_listening, run
from harness.edge import NGINX, WEB_PORT, site

# nginx says that a port is in use in the new configuration's log, and that a file is bad in the old one's.
SILENT = "error_log /dev/null;\n"


def with_main(payload, line):
    payload["files"][0]["content"] = line + payload["files"][0]["content"]
    return payload


class NginxHelper(ProcCase):
    def roll_out(self, number, payload, status):
        self.insert_config(number, payload)
        self.insert_release(number, [[1]])
        self.wait_status(number, status, 90)

    def assert_refused_at_reload(self, edge, number, words):
        _, report = edge.call("GET", f"/tasks/{edge.task(number)}")
        steps = {step["name"]: step["status"] for step in report["data"]["steps"]}
        self.assertEqual((steps["check"], steps["reload"]), ("success", "failed"), report)
        self.assertNotIn("verify", steps, report)
        error = self.node_rows(number, "error_msg")[0][0]
        self.assertIn(f"reload failed: exit status 1: nginx: [emerg] {words}", error)
        self.assertEqual(edge.live_version(), "1")
        edge.wait_served("1")

    def test_refused_reload_fails_at_once_with_nginx_own_words(self):
        edge = self.edge(1, nginx=True)
        self.control()
        self.insert_nodes([edge])
        self.roll_out(1, with_main(site(1), SILENT), "success")
        with socket.create_server((edge.address, 0)) as occupied:
            port = occupied.getsockname()[1]
            self.roll_out(2, with_main(site(2, listen=[f"${{node.ip}}:{port}"]), SILENT), "failed")
            self.assert_refused_at_reload(edge, 2, f"bind() to {edge.address}:{port} failed (98: Address already in use)")
        self.assertEqual(self.node_rows(2), [["1", "failed", "exec_failed"]])
        edge.program.stop()
        edge.settings["AGENT_CHECK_CMD"] = None
        edge.start()
        self.roll_out(3, site(3, directive="retrun"), "failed")
        self.assert_refused_at_reload(edge, 3, "unknown directive \"retrun\"")
        self.roll_out(4, site(4), "success")
        edge.wait_served("4")


class NginxUnit(ProcCase):
    """The helper beside an nginx that a service manager runs."""

    def setUp(self):
        super().setUp()
        self.address = self.addresses.edge()
        self.run_folder = self.folder / "run"
        (self.run_folder / "tmp").mkdir(parents=True)
        for folder in (self.folder, self.run_folder, self.run_folder / "tmp"):
            folder.chmod(0o755)
        self.live = self.folder / "live"

    def environment(self):
        return clean_environment(EDGEROLL_LIVE=self.live, EDGEROLL_STAGED=self.live)

    def put_live(self, version, **options):
        folder = self.folder / f"v{version}"
        for file in site(version, **options)["files"]:
            path = folder / file["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file["content"].replace("${node.ip}", self.address).replace("${node.name}", "edge"))
        (folder / "edgeroll-version.conf").write_text(f"location = /edgeroll-version {{ return 200 {version}; }}\n")
        next_link = self.folder / "live.new"
        next_link.symlink_to(folder)
        next_link.rename(self.live)

    def helper(self, action):
        return run([NGINX, "-d", self.run_folder, action], self.environment())

    def start_unit(self):
        unit = self.keep(Program("unit", [NGINX, "-d", self.run_folder, "run"], self.environment(), self.folder / "unit.log"))
        wait_until(lambda: is_listening(self.address, WEB_PORT) or not unit.is_alive(), lambda: unit.tail())
        return unit

    def workers(self, unit):
        found = set()
        for entry in os.listdir("/proc"):
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                continue
            if fields[1] == str(unit.pid):
                found.add(entry)
        return found

    def test_reload_returns_when_the_new_workers_are_there(self):
        self.put_live(1)
        self.assertEqual(self.helper("check"), (0, ""))
        unit = self.start_unit()
        before = self.workers(unit)
        self.put_live(2)
        self.assertEqual(self.helper("reload"), (0, ""))
        self.assertTrue(self.workers(unit) - before)
        self.put_live(3, directive="retrun")
        words = r"nginx: \[emerg\] unknown directive \"retrun\" in \S+/live/conf.d/site.conf:6\n"
        status, said = self.helper("check")
        self.assertEqual(status, 1)
        self.assertRegex(said, rf"\A{words}nginx: configuration file \S+ test failed\n\Z")
        status, said = self.helper("reload")
        self.assertEqual(status, 1)
        self.assertRegex(said, rf"\A{words}\Z")
        self.assertTrue(unit.is_alive())
        # What it said of another time is not said again.
        self.put_live(4)
        self.assertEqual(self.helper("reload"), (0, ""))
        self.live.unlink()
        self.assertEqual(self.helper("reload"), (0, ""))
        self.assertEqual(unit.wait(), 0)

    def test_reload_says_so_when_nobody_starts_nginx(self):
        self.put_live(1)
        (self.run_folder / "nginx.pid").write_text(f"{os.getpid()}\n")  # left over; another program has the id now
        status, said = self.helper("reload")
        self.assertEqual((status, said), (1, "nginx is not running, and nobody started it within 10 s\n"))


if __name__ == "__main__":
    unittest.main()

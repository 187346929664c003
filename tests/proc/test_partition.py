"""A thousand agents in a network namespace are cut off for half a minute, in the middle of a release."""
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

from harness import ProcCase
from harness.basics import BIN, wait_until

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.fleet_log import FleetLog  # noqa: E402
from bench.fleet_process import FleetProcess  # noqa: E402

NODES = 1000
CUT_SECONDS = 30
NETWORK = f"10.{200 + os.getpid() % 50}"


class Island:
    """A network namespace with a cable to this one. All of NETWORK.64.0/18 is its own."""

    def __init__(self):
        self.name = f"edgeroll-{os.getpid()}"
        self.cable = f"er{os.getpid() % 10_000_000}"
        self.as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        try:
            self.run("netns", "add", self.name)
        except AssertionError as error:
            raise unittest.SkipTest(str(error)) from None
        try:
            self.connect()
        except BaseException:
            self.discard()
            raise

    def connect(self):
        self.run("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        self.run("address", "add", f"{NETWORK}.0.1/16", "dev", self.cable)
        self.run("link", "set", self.cable, "up")
        for words in (("link", "set", "lo", "up"), ("address", "add", f"{NETWORK}.0.2/16", "dev", "eth0"),
                      ("link", "set", "eth0", "up"), ("route", "add", "local", f"{NETWORK}.64.0/18", "dev", "lo")):
            self.run("-n", self.name, *words)

    def run(self, *words):
        done = subprocess.run([*self.as_root, "ip", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"ip {' '.join(words)}: {done.stderr.strip()}")

    @property
    def inside(self):
        return [*self.as_root, "ip", "netns", "exec", self.name]

    def cut(self):
        """What is sent there is lost without a word."""
        self.run("-n", self.name, "link", "set", "eth0", "down")

    def mend(self):
        self.run("-n", self.name, "link", "set", "eth0", "up")

    def discard(self):
        subprocess.run([*self.as_root, "ip", "netns", "delete", self.name], capture_output=True, check=False)
        subprocess.run([*self.as_root, "ip", "link", "delete", self.cable], capture_output=True, check=False)


class Fleet(FleetProcess):
    programs = ()


class Partition(ProcCase):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0 and shutil.which("sudo") is None:
            self.skipTest("network namespaces need root")
        self.island = self.keep(Island())
        self.nodes = {number: f"{NETWORK}.{64 + number // 250}.{1 + number % 250}" for number in range(1, NODES + 1)}
        listed = self.folder / "nodes"
        listed.write_text("".join(f"{number} edge-{number} {ip}\n" for number, ip in self.nodes.items()))
        self.fleet_process = self.keep(Fleet(BIN / "bench_fleet", listed, self.certs, self.folder / "fleet.log",
                                             before=self.island.inside))
        self.values = ", ".join(f"({number}, 'edge-{number}', '{ip}', {self.fleet_process.port})"
                                for number, ip in self.nodes.items())

    def seen(self, event):
        return self.fleet_process.status()[event]

    def test_nothing_is_lost_or_doubled(self):
        control = self.control(NODE_HEARTBEAT_SEC=5, RELEASE_EXECUTOR_MAX_IN_FLIGHT=1000)
        self.database.execute(f"INSERT INTO nodes (id, name, main_ip, agent_port) VALUES {self.values}")
        self.fleet_process.tell("apply", 15_000, 5_000)
        wait_until(lambda: self.database.rows("SELECT COUNT(*) FROM nodes WHERE observed_content IS NOT NULL")
                   == [[str(NODES)]], "every node was heard", 90)
        self.insert_config(1, {"files": [{"path": "a.conf", "content": "one\n"}]})
        self.insert_release(1, [list(self.nodes)])
        wait_until(lambda: self.seen("dispatch") == NODES, lambda: f"all have the task: {self.fleet_process.status()}", 90)
        self.island.cut()
        time.sleep(CUT_SECONDS)
        self.fleet_process.tell("reset-log")
        self.island.mend()
        # Each node is asked again, by its release or by a heartbeat, as soon as it can be.
        wait_until(lambda: self.seen("state") >= NODES, lambda: f"all are asked again: {self.fleet_process.status()}", 60)
        self.wait_status(1, "success", 90)
        self.assertEqual(self.release_row(1, "success_nodes, failed_nodes"), [str(NODES), "0"])
        report = self.folder / "fleet.csv"
        self.fleet_process.tell("report", report)
        log = FleetLog(report)
        self.assertEqual([kind for _, _, kind, _ in log.events if kind in ("dispatch", "repeat", "failed")], [],
                         "no node got its task twice")
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM nodes WHERE status <> 'online'"), [["0"]],
                         control.program.tail())
        self.assertIn("event=own_network ", control.program.tail(100_000))


if __name__ == "__main__":
    unittest.main()

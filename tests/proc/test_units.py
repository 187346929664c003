"""scripts/deploy: how exposed each unit is, in systemd's own reckoning, and what must stay allowed nevertheless."""
import subprocess
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.basics import ROOT

DEPLOY = ROOT / "scripts" / "deploy"
#: Tenths of the overall exposure level, at most.
EXPOSURE = {"edgeroll-control": 20, "edgeroll-agent": 25, "edge-nginx": 30, "edgeroll-nginx-reload": 10}
USERS = {"edgeroll-control": "edgeroll-control", "edgeroll-agent": "edgeroll", "edge-nginx": "edge-nginx",
         "edgeroll-nginx-reload": "edge-nginx"}


def values(unit, key):
    lines = (DEPLOY / f"{unit}.service").read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def exposure(file, threshold):
    """(whether it is within the threshold, what systemd says)"""
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", f"--threshold={threshold}", file],
                          capture_output=True, text=True, check=False)
    if "Overall exposure level" not in done.stdout:
        raise AssertionError(done.stdout + done.stderr)
    return done.returncode == 0, done.stdout


class UnitTests(unittest.TestCase):
    def test_every_service_is_closed_as_far_as_it_must_be(self):
        self.assertEqual({file.stem for file in DEPLOY.glob("*.service")}, set(EXPOSURE))
        for unit, threshold in EXPOSURE.items():
            with self.subTest(unit):
                is_within, said = exposure(DEPLOY / f"{unit}.service", threshold)
                self.assertTrue(is_within, said)

    def test_an_open_service_is_not_within(self):
        with TemporaryDirectory() as folder:
            file = Path(folder) / "open.service"
            file.write_text("[Service]\nExecStart=/bin/true\n")
            self.assertFalse(exposure(file, max(EXPOSURE.values()))[0])

    def test_each_runs_as_its_own_user_with_no_more_than_low_ports(self):
        for unit, user in USERS.items():
            with self.subTest(unit):
                self.assertEqual(values(unit, "User"), [user])
                self.assertEqual(values(unit, "NoNewPrivileges"), ["yes"])
                wanted = ["CAP_NET_BIND_SERVICE"] if unit in ("edgeroll-agent", "edge-nginx") else [""]
                self.assertEqual(values(unit, "CapabilityBoundingSet"), wanted)

    def test_the_agent_may_make_mount_namespaces(self):
        """For its check; without a privilege that takes a user namespace, too."""
        (allowed,) = values("edgeroll-agent", "RestrictNamespaces")
        self.assertEqual(set(allowed.split()), {"user", "mnt"})
        first, *taken_back = values("edgeroll-agent", "SystemCallFilter")
        self.assertIn("@mount", first.split())
        self.assertFalse([line for line in taken_back if "@mount" in line or "@privileged" in line])
        self.assertEqual(values("edgeroll-agent", "MemoryDenyWriteExecute"), ["yes"])
        # Programs that jobs start get an error, not a signal, from what is not allowed.
        self.assertEqual(values("edgeroll-agent", "SystemCallErrorNumber"), ["EPERM"])

    def test_the_agent_may_give_files_to_its_groups(self):
        """For secret files; by membership, and without CAP_CHOWN."""
        first, *taken_back = values("edgeroll-agent", "SystemCallFilter")
        self.assertIn("@system-service", first.split())
        self.assertFalse([line for line in taken_back if "@chown" in line or "@privileged" in line])
        self.assertNotIn("yes", values("edgeroll-agent", "PrivateUsers"))

    def test_no_unit_gives_up_after_some_requests(self):
        self.assertIn("StartLimitIntervalSec=0", (DEPLOY / "edgeroll-nginx-reload.service").read_text().splitlines())


if __name__ == "__main__":
    unittest.main()

"""docs/control.md, done as it stands on an empty Debian: control as its unit runs it."""
from harness import wait_until
from harness.basics import PATIENCE
from harness.documents import blocks
from harness.edge_setup import EdgeSetup

GUIDE = "docs/control.md"


class ControlSetup(EdgeSetup):
    def test_document_leads_from_an_empty_debian_to_a_control_that_is_ready(self):
        self.make_fleet()
        machine = self.fleet["control"]
        place = self.build(GUIDE)
        self.make_certificates(place, [])
        machine.put(place / "edgeroll-control.tar.gz")
        for name in ("ca.crt", "control.crt", "control.key"):
            machine.put(place / "pki" / name)
        *steps, look = [text for kind, text in blocks(GUIDE) if kind == "control sh"]
        for block in steps:
            machine.run(block)
        ready = look.splitlines()[0]
        wait_until(lambda: machine.try_run(ready)[0] == 0, lambda: f"control is ready\n{machine.logs()}", PATIENCE * 2)
        said = machine.run("cd /etc/systemd/system; systemd-analyze verify edgeroll-control.service 2>&1")
        self.assertEqual(said.strip(), "")
        # The token is good.
        machine.run("edgeroll node add edge-1 10.0.0.7", EDGEROLL_TOKEN=machine.run("cat token.ann").strip())
        self.assertEqual(machine.run("ps -C edgeroll-control -o user:20=").split(), ["edgeroll-control"])
        self.assertEqual(machine.run("stat -c '%a %U' /var/lib/edgeroll-control /var/lib/edgeroll-control/edgeroll.db"),
                         "750 edgeroll-control\n640 edgeroll-control\n")
        # All that it may write, seen from inside its unit.
        inside = "nsenter --mount=/proc/$(pgrep -o -x edgeroll-contro)/ns/mnt setpriv --reuid=edgeroll-control " \
                 "--regid=edgeroll-control --init-groups "
        pruned = " -o ".join(f"-path {path}" for path in ("/proc", "/sys", "/dev", "/media", "/tmp", "/var/tmp"))
        found = machine.run(f"{inside} find / \\( {pruned} \\) -prune -o ! -type l -writable -print 2>/dev/null || true")
        self.assertEqual({path for path in found.split() if not path.startswith("/var/lib/edgeroll-control")}, set())
        self.assertIn("/var/lib/edgeroll-control", found.split())

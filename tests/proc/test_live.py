"""`live` moved by hand, beside a real nginx."""
import subprocess
import unittest

from harness import ProcCase
from harness.basics import clean_environment
from harness.edge import NGINX, site


class MovedLive(ProcCase):
    def roll_out(self, number, payload, status):
        self.insert_config(number, payload)
        self.insert_release(number, [[1]])
        self.wait_status(number, status, 90)

    def test_failed_release_puts_back_what_somebody_moved_live_to(self):
        edge = self.edge(1, nginx=True, AGENT_VERIFY_CMD="! grep -q BROKEN \"$EDGEROLL_LIVE/conf.d/site.conf\"")
        self.control()
        self.insert_nodes([edge])
        self.roll_out(1, site(1), "success")
        self.roll_out(2, site(2), "success")
        subprocess.run(["ln", "-sfn", "versions/1", edge.root / "live"], check=True)
        subprocess.run([NGINX, "-b", "-d", edge.folder, "reload"], check=True,
                       env=clean_environment(EDGEROLL_LIVE=edge.root / "live"))
        edge.wait_served("1")
        self.assertEqual(edge.call("GET", "/state")[1]["data"]["appliedVersion"], 1)
        self.roll_out(3, site(3, text="BROKEN"), "failed")
        self.assertEqual(edge.live_version(), "1")
        edge.wait_served("1")
        self.roll_out(4, site(4), "success")
        edge.wait_served("4")


if __name__ == "__main__":
    unittest.main()

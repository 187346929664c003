"""`live` moved by hand, beside a real nginx."""
import shutil
import subprocess
import unittest
from pathlib import Path

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

    def test_the_agent_tells_what_somebody_did_to_its_files(self):
        edge = self.edge(1, nginx=True)
        self.control()
        self.insert_nodes([edge])
        self.roll_out(1, site(1), "success")
        state = edge.call("GET", "/state")[1]["data"]
        self.assertTrue(state["liveIsWhole"], state)
        self.assertEqual(state["liveSha256"], state["sha256"])
        self.assertEqual(state["evidence"], ["check", "verify_url"])
        self.assertEqual(state["lastTask"]["status"], "success")
        self.assertEqual(state["bootId"], Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        with open(edge.root / "live" / "conf.d" / "site.conf", "a") as file:
            file.write("# by hand\n")
        state = edge.call("GET", "/state")[1]["data"]
        self.assertFalse(state["liveIsWhole"])
        self.assertNotEqual(state["liveSha256"], state["sha256"])
        self.assertEqual(state["liveRemark"], "conf.d/site.conf was changed")
        shutil.rmtree(edge.root / "versions" / "1")
        state = edge.call("GET", "/state")[1]["data"]
        self.assertEqual((state["liveIsWhole"], state["liveSha256"]), (False, None))
        self.assertIn("whose folder is not there", state["liveRemark"])


if __name__ == "__main__":
    unittest.main()

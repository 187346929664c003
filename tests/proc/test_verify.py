"""AGENT_VERIFY_CMD beside a real nginx, whose old workers answer for a moment after a reload."""
import unittest

from harness import ProcCase
from harness.edge import WEB_PORT, site


def broken(version):
    """It loads, it proves its version, and its `/` answers 500."""
    payload = site(version)
    payload["files"][1]["content"] = payload["files"][1]["content"].replace("return 200", "return 500")
    return payload


class VerifyCommand(ProcCase):
    def one_edge(self, **settings):
        edge = self.edge(1, nginx=True, starts=False, **settings)
        # By signal, as most do it: it returns before it takes effect.
        edge.settings["AGENT_RELOAD_CMD"] = (
            f"[ ! -s '{edge.folder}/nginx.pid' ] || exec kill -HUP $(cat '{edge.folder}/nginx.pid'); "
            + edge.settings["AGENT_RELOAD_CMD"])
        edge.settings["AGENT_VERIFY_CMD"] = f"curl -fsS --max-time 5 http://{edge.address}:{WEB_PORT}/"
        edge.start()
        self.control()
        self.insert_nodes([edge])
        return edge

    def restart(self, edge, **settings):
        edge.program.stop()
        edge.settings.update(settings)
        edge.start()

    def roll_out(self, number, payload, status):
        self.insert_config(number, payload)
        self.insert_release(number, [[1]])
        self.wait_status(number, status, 90)

    def test_judges_the_new_version_and_never_the_old_workers(self):
        edge = self.one_edge()
        self.roll_out(1, site(1), "success")
        for number in range(2, 12):
            self.roll_out(number, broken(number), "failed")
            error = self.node_rows(number, "error_msg")[0][0]
            self.assertIn("verify failed: exit status 22", error)
            self.assertNotIn("failed too", error)
            self.assertEqual(edge.live_version(), "1")
        edge.wait_served("version 1 on edge-1", "/")

    def test_lets_the_cure_of_a_broken_version_through(self):
        edge = self.one_edge()
        command = edge.settings["AGENT_VERIFY_CMD"]
        for number in range(1, 9, 2):
            self.restart(edge, AGENT_VERIFY_CMD=None)
            self.roll_out(number, broken(number), "success")  # nobody looked
            self.restart(edge, AGENT_VERIFY_CMD=command)
            self.roll_out(number + 1, site(number + 1), "success")
            edge.wait_served(f"version {number + 1} on edge-1", "/")

    def test_puts_a_good_version_back_although_a_broken_one_was_live(self):
        """verify_back runs right after a reload too."""
        edge = self.one_edge()
        self.roll_out(1, site(1), "success")
        for number in range(2, 6):
            self.roll_out(number, broken(number), "failed")
            _, report = edge.call("GET", f"/tasks/{edge.task(number)}")
            steps = {step["name"]: step["status"] for step in report["data"]["steps"]}
            self.assertEqual((steps["verify"], steps["verify_back"]), ("failed", "success"), report)

    def test_without_a_url_a_failing_command_is_tried_again_for_some_seconds(self):
        edge = self.one_edge(AGENT_VERIFY_URL=None)
        trace = self.folder / "tries"
        self.roll_out(1, site(1), "success")
        self.restart(edge, AGENT_VERIFY_CMD=f"echo >>'{trace}'; [ $(wc -l <'{trace}') -ge 3 ]")
        self.roll_out(2, site(2), "success")
        self.assertEqual(len(trace.read_text().splitlines()), 3)


if __name__ == "__main__":
    unittest.main()

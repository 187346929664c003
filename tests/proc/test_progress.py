"""How far a node is while its task runs, from the agent to the API and the command line."""
import unittest

from harness import ProcCase, wait_until


class Progress(ProcCase):
    def setUp(self):
        super().setUp()
        self.one_control = self.control()
        self.go_on = self.folder / "go-on"
        self.jobs = self.folder / "jobs"
        self.jobs.mkdir(mode=0o755)
        for name, text in (("quick", "echo done"),
                           ("held", f"while [ ! -e '{self.go_on}' ]; do sleep 0.05; done"),
                           ("broken", "echo no space left >&2; exit 9")):
            (self.jobs / name).write_text(f"#!/bin/sh\n{text}\n")
            (self.jobs / name).chmod(0o755)

    def run_flow(self, *jobs):
        status, answer = self.one_control.request("PUT", "/api/v1/configs/1",
                                                  {"payload": {"flow": [{"job": job} for job in jobs]}})
        self.assertEqual(status, 200, answer)
        return self.create(self.one_control, type="run_job", version=1)["releaseId"]

    def nodes(self, number):
        return [node for batch in self.one_control.release(number)["batches"] for node in batch["nodes"]]

    def test_long_flow_shows_how_far_it_is_while_it_runs(self):
        self.insert_nodes(self.edges(2, AGENT_JOBS_DIR=self.jobs))
        number = self.run_flow("quick", "quick", "held", "quick")
        wait_until(lambda: self.nodes(number)[0]["progress"] == 50,
                   lambda: f"half of the flow is told\n{self.describe(number)}")
        first, second = self.nodes(number)
        self.assertEqual([first["status"], second["status"], second["progress"]], ["running", "pending", 0])
        status, shown = self.one_control.cli("release", "show", str(number))
        self.assertEqual(status, 0, shown)
        self.assertIn("50 %", shown)
        self.assertEqual(self.events_of(number, "node_running", "node_id"), [["1"]])

        self.go_on.touch()
        self.wait_status(number, "success")
        self.assertEqual([node["progress"] for node in self.nodes(number)], [100, 100])
        self.assert_counters(number)


if __name__ == "__main__":
    unittest.main()

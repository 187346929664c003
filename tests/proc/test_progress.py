"""How far a node is while its task runs, from the agent to the API and the command line."""
import json
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

    def test_steps_of_a_failed_flow_are_shown_in_order(self):
        self.insert_nodes(self.edges(2, AGENT_JOBS_DIR=self.jobs))
        number = self.run_flow("quick", "broken", "quick")
        self.wait_status(number, "failed")
        self.assertNotIn("steps", self.nodes(number)[0])
        status, answer = self.one_control.request("GET", f"/api/v1/releases/{number}?steps=1", role="viewer")
        self.assertEqual(status, 200, answer)
        first, second = [node for batch in answer["data"]["batches"] for node in batch["nodes"]]
        self.assertEqual([[step["name"], step["status"], step["exitCode"], step["output"].strip()]
                          for step in first["steps"]],
                         [["job:quick", "success", 0, "done"], ["job:broken", "failed", 9, "no space left"]])
        for step in first["steps"]:
            self.assertLessEqual(step["startedAt"], step["finishedAt"])
        self.assertEqual([second["status"], second["steps"]], ["skipped", None])

        show = ["release", "show", str(number), "--steps"]
        status, shown = self.one_control.cli(*show)
        self.assertEqual(status, 0, shown)
        self.assertRegex(shown, r"edge-1 \(batch 1\): failed \(exec_failed\)\n  job:quick +success, exit 0, .*\n"
                                r" +done\n  job:broken +failed, exit 9, .*\n +no space left\n")
        self.assertRegex(shown, r"edge-2 \(batch 2\): skipped\n  no steps are known\n")
        status, shown = self.one_control.cli(*show, "--node", "edge-2")
        self.assertEqual((status, "edge-1" in shown, "edge-2" in shown), (0, False, True), shown)
        status, shown = self.one_control.cli(*show, "--node", "edge-1", "-o", "json")
        data = json.loads(shown)
        self.assertEqual((status, data["batches"][0]["nodes"]), (0, [first]))
        status, shown = self.one_control.cli(*show, "--node", "edge-9")
        self.assertIn("has no node 'edge-9'", shown)
        self.assertNotEqual(status, 0)


if __name__ == "__main__":
    unittest.main()

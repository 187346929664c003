"""The demo's story: a good version, a broken one that the first edge refuses, a repaired one."""
import unittest

from harness import ProcCase
from harness.edge import site


class Story(ProcCase):
    def test_rolls_out_stops_at_the_first_refusal_and_goes_on_with_the_repair(self):
        edges = self.edges(5, nginx=True)
        control = self.control()
        self.insert_nodes(edges)
        batches = [[1], [2, 3], [4, 5]]

        self.insert_config(1, site(1))
        self.insert_release(1, batches)
        self.wait_status(1, "success")
        self.assertEqual(self.release_row(1), ["success", "5", "0"])
        for edge in edges:
            edge.wait_served("1")
        edges[3].wait_served("version 1 on edge-4", "/")
        self.assertEqual(self.database.rows(
            "SELECT COUNT(*) FROM release_task_nodes a JOIN release_task_nodes b ON a.release_task_id = b.release_task_id"
            " WHERE a.batch < b.batch AND a.finished_at > b.started_at"), [["0"]])

        self.insert_config(2, site(2, directive="retrun"))
        self.insert_release(2, batches)
        self.wait_status(2, "failed")
        self.assertEqual(self.release_row(2), ["failed", "0", "1"])
        self.assertEqual(self.node_rows(2), [["1", "failed", "exec_failed"]] +
                         [[str(node), "skipped", ""] for node in (2, 3, 4, 5)])
        reason = self.node_rows(2, "error_msg")[0][0]
        self.assertIn("retrun", reason)
        for edge in edges:
            edge.wait_served("1")
        self.assertEqual([edge.live_version() for edge in edges], ["1"] * 5)
        self.assertEqual([edge.runs_of(edge.task(2), "check") for edge in edges], [1, 0, 0, 0, 0])
        self.assertEqual([edge.runs_of(edge.task(2), "reload") for edge in edges], [0] * 5)

        self.insert_config(3, site(3))
        self.insert_release(3, batches)
        self.wait_status(3, "success")
        for edge in edges:
            edge.wait_served("3")
        for number in (1, 2, 3):
            self.assert_counters(number)
        answer = control.release(2)
        self.assertEqual([answer[key] for key in ("status", "batchStatus", "currentBatch", "totalBatches", "failedNodes",
                                                  "skippedNodes")], ["failed", "stopped", 1, 3, 1, 4])
        self.assertEqual([[node["nodeId"] for node in batch["nodes"]] for batch in answer["batches"]], batches)
        self.assertEqual(self.database.rows("SELECT DISTINCT applied_version FROM nodes"), [["3"]])

    def test_tells_agents_to_reload_when_the_version_has_no_content(self):
        edges = self.edges(2)
        self.control()
        self.insert_nodes(edges)
        self.insert_release(1, [[1], [2]], version=7)
        self.wait_status(1, "success")
        self.assertEqual([edge.ran() for edge in edges], [[f"{edge.task(7)} reload"] for edge in edges])
        self.assertEqual([edge.live_version() for edge in edges], [None, None])
        self.assertEqual(self.database.rows("SELECT DISTINCT applied_version FROM nodes"), [[None]])


if __name__ == "__main__":
    unittest.main()

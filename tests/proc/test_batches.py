"""Batches with people between them: the runs that the sources of this project describe."""
import unittest

from harness import ProcCase, wait_until
from harness.edge import plain


class Batches(ProcCase):
    def begin(self, agents, **batch_config):
        """A release of version 1 over these agents; its number. Sizes of its batches are in `sizes`."""
        self.insert_nodes(agents)
        self.insert_config(1, plain(1))
        data = self.create(self.one_control, version=1, batch_config=batch_config)
        self.sizes = [batch["size"] for batch in data["batches"]]
        return data["releaseId"]

    def setUp(self):
        super().setUp()
        self.one_control = self.control()

    def test_canary_of_a_fifth_waits_for_an_operator_after_each_batch(self):
        fleet = self.fleet(10)
        number = self.begin(fleet.agents.values(), batch_percent=20, pause_after_batch=True, failure_threshold=2,
                            max_batch_fail_rate=10)
        self.assertEqual(self.sizes, [2] * 5)
        for batch in range(1, 5):
            self.wait_hold(number, "review", batch)
            self.assertEqual(self.release_row(number, "total_batches, success_nodes"), ["5", str(2 * batch)])
            self.assertEqual(fleet.asked(), list(range(1, 2 * batch + 1)))
            answer = self.one_control.release(number)
            self.assertEqual([answer[key] for key in ("status", "batchStatus", "holdReason", "currentBatch")],
                             ["paused", "paused", "review", batch])
            self.assertIn("is paused", answer["waitingFor"]["reason"])
            self.assert_refused(self.one_control, number, "pause-batch", says="paused already")
            self.act(self.one_control, number, "continue-batch", reason=f"batch {batch} looks well")
        self.wait_status(number, "success")
        self.wait_row(number, status="success", batch_status="completed", current_batch=5, success_nodes=10)
        self.assertEqual(self.events_of(number, "continue_requested"), [["admin"]] * 4)
        self.assertEqual(set(fleet.dispatches().values()), {1})
        self.assert_refused(self.one_control, number, "pause-batch", "continue-batch", "stop-batch", "retry")

    def test_emergency_stop_in_batch_two_of_five(self):
        # Batch 2: one node before its switch, which can be cancelled, and one after it, which cannot.
        fleet = self.fleet(2)
        early, late = self.edge(3), self.edge(4)
        rest = self.fleet(6, first=5)
        early.hold("check")
        late.hold("reload")
        number = self.begin([*fleet.agents.values(), early, late, *rest.agents.values()], batch_percent=20)
        early.wait_ran(1, "check")
        late.wait_ran(1, "reload")
        answer = self.act(self.one_control, number, "stop-batch", reason="load is rising")
        self.assertIn(answer["status"], ("running", "cancelled"))
        self.wait_row(number, batch_status="stopped")
        self.assertEqual({status for node, status in self.statuses(number).items() if node > 4}, {"skipped"})
        self.wait_node(number, 3, "cancelled")
        self.assertEqual((early.live_version(), late.live_version()), (None, "1"))
        self.assertEqual(self.release_row(number, "status"), ["running"])  # as long as one runs
        self.assert_refused(self.one_control, number, "pause-batch", "continue-batch", says="being stopped")
        late.let_go()
        self.wait_status(number, "cancelled")
        self.wait_row(number, status="cancelled", batch_status="stopped", current_batch=2, success_nodes=3, failed_nodes=0)
        self.assertEqual(self.statuses(number), {1: "success", 2: "success", 3: "cancelled", 4: "success",
                                                 **{node: "skipped" for node in range(5, 11)}})
        self.assertEqual(rest.asked(), [])
        self.assert_refused(self.one_control, number, "pause-batch", "continue-batch", "stop-batch", "retry")
        self.assert_counters(number)
        # What was left goes on as a release of its own.
        early.let_go()
        again = self.create(self.one_control, from_release=number, batch_config={"batches": ["rest"]})
        self.assertEqual(again["batches"][0]["nodeIds"], [3, *range(5, 11)])
        self.wait_status(again["releaseId"], "success")
        self.assertEqual((rest.asked(), early.live_version()), (list(range(5, 11)), str(again["version"])))

    def test_growing_batches_are_looked_at_one_by_one(self):
        fleet = self.fleet(20)
        number = self.begin(fleet.agents.values(), batches=["5%", "10%", "20%", "30%", "35%"], pause_after_batch=True)
        self.assertEqual(self.sizes, [1, 2, 4, 6, 7])
        for batch in range(1, 5):
            self.wait_hold(number, "review", batch)
            self.assertEqual(len(fleet.asked()), sum(self.sizes[:batch]))
            self.act(self.one_control, number, "continue-batch")
        self.wait_status(number, "success")
        self.assertEqual(self.database.rows(
            "SELECT COUNT(*) FROM release_task_nodes a JOIN release_task_nodes b ON a.release_task_id = b.release_task_id"
            " WHERE a.batch < b.batch AND a.finished_at > b.started_at"), [["0"]])

    def test_pause_before_the_busy_hours_and_continue_after_them(self):
        fleet = self.fleet(6)
        fleet.hold(1, 2, 5, 6)
        number = self.begin(fleet.agents.values(), batch_size=2)
        self.wait_node(number, 2, "running")
        self.assert_refused(self.one_control, number, "continue-batch", says="running")
        for action in ("pause-batch", "continue-batch", "stop-batch"):
            status, answer = self.one_control.request("POST", f"/api/v1/releases/{number}/{action}", role="viewer")
            self.assertEqual((status, answer["code"]), (403, 1004))
        answer = self.act(self.one_control, number, "pause-batch", reason="the busy hours")
        self.assertEqual([answer["status"], answer["requestedAction"]], ["running", "pause"])
        self.assertIn("pauses when this batch is done", answer["waitingFor"]["reason"])
        answer = self.act(self.one_control, number, "continue-batch")  # withdrawn, and asked again
        self.assertIsNone(answer["requestedAction"])
        self.act(self.one_control, number, "pause-batch")
        self.assertEqual(self.statuses(number)[1], "running")
        fleet.let_go(1, 2)
        self.wait_hold(number, "review", 1)
        self.assertEqual(fleet.asked(), [1, 2])
        self.act(self.one_control, number, "continue-batch")
        self.wait_node(number, 6, "running")
        self.assert_refused(self.one_control, number, "pause-batch", says="last batch")
        fleet.let_go()
        self.wait_status(number, "success")
        for kind, times in (("pause_requested", 2), ("continue_requested", 2), ("paused", 1), ("continued", 1)):
            self.assertEqual(len(self.events_of(number, kind)), times, kind)

    def test_intervals_hold_although_control_is_killed_in_one_and_in_a_batch(self):
        fleet = self.fleet(10)
        fleet.hold(5)
        number = self.begin(fleet.agents.values(), batches=["10%", "20%", "30%", "40%"], batch_interval_sec=1.5)
        self.assertEqual(self.sizes, [1, 2, 3, 4])
        self.wait_hold(number, "interval", 1)
        self.assertIsNotNone(self.one_control.release(number)["waitingFor"]["until"])
        self.one_control.program.kill()
        self.one_control.start()
        self.wait_node(number, 5, "running", 60)
        wait_until(lambda: 5 in fleet.asked(), "edge-5 has its task")
        self.one_control.program.kill()
        self.one_control.start()
        fleet.let_go()
        self.wait_status(number, "success")
        self.assertEqual(self.database.rows(
            "SELECT batch, COUNT(*), SUM(status = 'success'), MAX(attempt) FROM release_task_nodes GROUP BY batch ORDER BY batch"),
            [[str(batch), str(batch), str(batch), "1"] for batch in range(1, 5)])
        gaps = [float(gap) for gap, in self.database.rows(
            "SELECT 86400 * (julianday(MIN(later.started_at)) - (SELECT julianday(MAX(finished_at)) FROM "
            "release_task_nodes WHERE batch = later.batch - 1)) FROM release_task_nodes later WHERE later.batch > 1 "
            "GROUP BY later.batch ORDER BY later.batch")]
        self.assertEqual(len(gaps), 3)
        self.assertGreaterEqual(min(gaps), 1.5 - 0.002, gaps)  # julianday is exact to about 0.1 ms
        self.assertEqual(set(fleet.dispatches().values()), {1}, fleet.dispatches())


if __name__ == "__main__":
    unittest.main()

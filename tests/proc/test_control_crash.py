"""Control dies or is told to stop in the middle of a batch: nothing is lost and nothing runs twice."""
import unittest

from harness import ProcCase, wait_until
from harness.edge import plain


class ControlCrash(ProcCase):
    def begin_and_stop_in_batch_two(self, control):
        """Batch 1 is done, both nodes of batch 2 are in the middle of their tasks."""
        self.insert_nodes(self.agents)
        self.insert_config(1, plain(1))
        for edge in self.agents[1:]:
            edge.hold()
        self.insert_release(1, [[1], [2, 3]])
        for edge in self.agents[1:]:
            edge.wait_ran(1)
        self.assertEqual(self.node_rows(1, "status"), [["success"], ["running"], ["running"]])
        return control

    def assert_each_ran_once(self):
        for edge in self.agents:
            self.assertEqual(edge.ran(), [f"{edge.task(1)} check", f"{edge.task(1)} reload"], edge.name)
            _, report = edge.call("GET", f"/tasks/{edge.task(1)}")
            self.assertEqual(report["data"]["status"], "success", report)
            self.assertEqual(edge.call("GET", f"/tasks/{edge.task(1)}_2")[0], 404)
        self.assertEqual(self.node_rows(1, "status, attempt"), [["success", "1"]] * 3)
        self.assertEqual(self.release_row(1), ["success", "3", "0"])

    def test_finishes_the_release_when_killed_in_mid_batch_and_restarted(self):
        self.agents = self.edges(3)
        control = self.begin_and_stop_in_batch_two(self.control())
        epoch = int(self.release_row(1, "claim_epoch")[0])
        control.program.kill()
        control.start()
        wait_until(lambda: int(self.release_row(1, "claim_epoch")[0]) > epoch,
                   lambda: "the release is claimed again\n" + self.describe(1))
        for edge in self.agents:
            edge.let_go()
        self.wait_status(1, "success")
        self.assert_each_ran_once()

    def test_finishes_the_release_when_the_tasks_ended_while_it_was_dead(self):
        self.agents = self.edges(3)
        control = self.begin_and_stop_in_batch_two(self.control())
        control.program.kill()
        for edge in self.agents:
            edge.let_go()
            wait_until(lambda edge=edge: edge.runs_of(edge.task(1), "reload"), f"{edge.name} has reloaded")
        self.assertEqual(self.node_rows(1, "status")[1:], [["running"], ["running"]])
        control.start()
        self.wait_status(1, "success")
        self.assert_each_ran_once()

    def test_another_process_takes_over_when_one_is_killed(self):
        self.agents = self.edges(3)
        first = self.begin_and_stop_in_batch_two(self.control(name="first"))
        second = self.control(name="second")
        first.program.kill()
        for edge in self.agents:
            edge.let_go()
        self.wait_status(1, "success")
        self.assert_each_ran_once()
        self.assertTrue(second.program.is_alive())
        self.assertGreaterEqual(int(self.release_row(1, "claim_epoch")[0]), 2)

    def test_gives_its_claims_back_at_once_when_told_to_stop(self):
        self.agents = self.edges(3)
        # With a lease of ten minutes only a claim that was given back can be taken over in time.
        first = self.begin_and_stop_in_batch_two(self.control(name="first", RELEASE_LEASE_SEC=600))
        self.assertEqual(first.program.stop(5), 0, first.program.tail())
        self.assertEqual(self.release_row(1, "lease_expires_at"), [None])
        self.control(name="second", RELEASE_LEASE_SEC=600)
        for edge in self.agents:
            edge.let_go()
        self.wait_status(1, "success")
        self.assert_each_ran_once()

    def test_runs_nothing_again_when_restarted_after_the_end(self):
        self.agents = self.edges(3)
        control = self.control()
        self.insert_nodes(self.agents)
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1], [2, 3]])
        self.wait_status(1, "success")
        history = self.database.rows("SELECT COUNT(*) FROM release_events WHERE release_task_id = 1")
        self.assertEqual(control.program.stop(5), 0, control.program.tail())
        control.start()
        self.insert_config(2, plain(2))
        self.insert_release(2, [[1, 2, 3]])
        self.wait_status(2, "success")  # proof that the restarted one has looked for work
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM release_events WHERE release_task_id = 1"), history)
        for edge in self.agents:
            self.assertEqual(edge.runs_of(edge.task(1), "reload"), 1)


if __name__ == "__main__":
    unittest.main()

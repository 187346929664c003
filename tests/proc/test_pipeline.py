"""Releases as pipelines insert them: in pieces, with mistakes, changed by hand."""
import unittest

from harness import ProcCase, wait_until
from harness.edge import plain


class Pipeline(ProcCase):
    def test_half_inserted_release_waits_says_so_and_runs_when_complete(self):
        edges = self.edges(3)
        control = self.control()
        self.insert_nodes(edges)
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]], total=3)
        wait_until(lambda: self.release_row(1, "last_error")[0], "last_error says what it waits for")
        says = self.release_row(1, "last_error")[0]
        self.assertIn("1", says)
        self.assertIn("3", says)
        answer = control.release(1)
        self.assertEqual((answer["status"], answer["batchStatus"]), ("pending", None))
        self.assertTrue(answer["waitingFor"], answer)
        self.assertEqual([edge.ran() for edge in edges], [[], [], []])
        now = self.database.now
        self.database.execute(
            "INSERT INTO release_task_nodes (id, release_task_id, node_id, batch, status, created_at, updated_at) "
            f"VALUES (1002, 1, 2, 2, 'pending', {now}, {now})")
        wait_until(lambda: "2" in (self.release_row(1, "last_error")[0] or ""), "last_error counts the second row")
        self.assertEqual(self.release_row(1, "status"), ["pending"])
        self.database.execute(
            "INSERT INTO release_task_nodes (id, release_task_id, node_id, batch, status, created_at, updated_at) "
            f"VALUES (1003, 1, 3, 2, 'pending', {now}, {now})")
        self.wait_status(1, "success")
        self.assertEqual(self.release_row(1), ["success", "3", "0"])
        self.assertIn(self.release_row(1, "last_error")[0], (None, ""))

    def test_row_failed_by_hand_before_its_turn_stops_the_release(self):
        edges = self.edges(3)
        control = self.control(RELEASE_EXECUTOR_ENABLED=0)
        self.insert_nodes(edges)
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1], [2], [3]])
        self.database.execute("UPDATE release_task_nodes SET status = 'failed', error_msg = 'by hand' WHERE node_id = 1")
        control.program.stop(5)
        control.settings["RELEASE_EXECUTOR_ENABLED"] = 1
        control.start()
        self.wait_status(1, "failed")
        self.assertEqual(self.node_rows(1, "status"), [["failed"], ["skipped"], ["skipped"]])
        self.assertEqual(self.node_rows(1, "error_msg")[0], ["by hand"])
        self.assert_counters(1)
        self.assertEqual([edge.ran() for edge in edges], [[], [], []])

    def test_row_failed_by_hand_while_running_wins_over_the_agent(self):
        edges = self.edges(2)
        self.control()
        self.insert_nodes(edges)
        self.insert_config(1, plain(1))
        edges[0].hold()
        self.insert_release(1, [[1], [2]])
        edges[0].wait_ran(1)
        self.database.execute("UPDATE release_task_nodes SET status = 'failed', error_msg = 'by hand' WHERE node_id = 1")
        self.wait_status(1, "failed")
        edges[0].let_go()
        wait_until(lambda: edges[0].live_version() == "1", "the agent finishes all the same")
        self.assertEqual(self.node_rows(1, "status, error_msg")[0], ["failed", "by hand"])
        self.assertEqual(self.node_rows(1, "status")[1], ["skipped"])
        self.assert_counters(1)

    def wait_end_is_recorded(self, number):
        wait_until(lambda: self.release_row(number, "finished_at")[0], lambda: f"an end\n{self.describe(number)}")
        self.assert_counters(number)

    def test_final_status_written_by_hand_is_an_end_like_any_other(self):
        edges = self.edges(3)
        self.control()
        self.insert_nodes(edges)
        self.insert_config(1, plain(1))
        edges[0].hold()
        self.insert_release(1, [[1], [2, 3]])
        edges[0].wait_ran(1)
        self.database.execute("UPDATE release_tasks SET status = 'cancelled' WHERE id = 1")
        self.wait_node(1, 2, "skipped")
        self.assertEqual(self.release_row(1, "finished_at"), [None], "a node still runs")
        edges[0].let_go()
        self.wait_end_is_recorded(1)
        self.assertEqual(self.release_row(1, "status, batch_status"), ["cancelled", "stopped"])
        self.assertEqual(self.node_rows(1, "status"), [["success"], ["skipped"], ["skipped"]])
        self.assertEqual([edge.ran() for edge in edges[1:]], [[], []])
        self.assertEqual(self.database.rows("SELECT kind FROM release_events WHERE release_task_id = 1 "
                                            "ORDER BY id DESC LIMIT 1"), [["release_cancelled"]])

    def test_final_status_written_while_nobody_runs_it_is_recorded_too(self):
        edges = self.edges(1)
        control = self.control(RELEASE_EXECUTOR_ENABLED=0)
        self.insert_nodes(edges)
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.database.execute("UPDATE release_tasks SET status = 'failed' WHERE id = 1")
        control.program.stop(5)
        control.settings["RELEASE_EXECUTOR_ENABLED"] = 1
        control.start()
        self.wait_end_is_recorded(1)
        self.assertEqual(self.release_row(1, "status, batch_status"), ["failed", "stopped"])
        self.assertEqual(self.node_rows(1), [["1", "skipped", ""]])
        self.assertEqual(edges[0].ran(), [])

    def test_failure_in_the_first_batch_keeps_the_others_from_being_asked(self):
        first = self.edge(1, AGENT_COMMAND_TIMEOUT_SEC=5)
        first.program.stop()
        first.settings["AGENT_CHECK_CMD"] = "echo the disk is on fire >&2; exit 7"
        first.start()
        others = [self.edge(2), self.edge(3)]
        self.control()
        self.insert_nodes([first, *others])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1], [2, 3]])
        self.wait_status(1, "failed")
        self.assertEqual(self.node_rows(1), [["1", "failed", "exec_failed"], ["2", "skipped", ""], ["3", "skipped", ""]])
        self.assertIn("the disk is on fire", self.node_rows(1, "error_msg")[0][0])
        self.assertTrue(self.node_rows(1, "error_msg")[1][0], "a skipped row must say why")
        self.assertEqual([edge.ran() for edge in others], [[], []])

    def test_gone_disabled_and_maintained_nodes(self):
        edges = self.edges(4)
        control = self.control(RELEASE_EXECUTOR_ENABLED=0)
        self.insert_nodes(edges)
        self.database.execute("UPDATE nodes SET enabled = 0 WHERE id = 1",
                              "UPDATE nodes SET status = 'maintenance' WHERE id = 2")
        self.insert_config(1, plain(1))
        self.insert_config(2, plain(2))
        self.insert_release(1, [[1, 2], [3]])
        self.insert_release(2, [[4], [3]])
        self.database.execute("DELETE FROM nodes WHERE id = 4")
        control.program.stop(5)
        control.settings["RELEASE_EXECUTOR_ENABLED"] = 1
        control.start()
        self.wait_status(1, "success")
        self.assertEqual(self.node_rows(1), [["1", "skipped", ""], ["2", "skipped", ""], ["3", "success", ""]])
        self.wait_status(2, "failed")
        self.assertEqual(self.node_rows(2), [["4", "failed", "rejected"], ["3", "skipped", ""]])

    def test_releases_that_share_a_node_run_in_the_order_of_their_versions(self):
        edges = self.edges(2)
        control = self.control()
        self.insert_nodes(edges)
        edges[0].hold()
        for number in (1, 2):
            self.insert_config(number, plain(number))
        self.insert_release(1, [[1]])
        edges[0].wait_ran(1)
        self.insert_release(2, [[1], [2]])
        wait_until(lambda: control.release(2)["waitingFor"], "release 2 says what it waits for")
        self.assertIn("1", str(control.release(2)["waitingFor"]))
        self.assertEqual(self.release_row(2, "status"), ["pending"])
        edges[0].let_go()
        self.wait_status(2, "success")
        self.assertEqual(self.release_row(1, "status"), ["success"])
        self.assertEqual([line.split()[0] for line in edges[0].ran()],
                         [edges[0].task(1)] * 2 + [edges[0].task(2)] * 2)

    def test_unknown_batch_config_and_bad_batch_numbers_are_refused(self):
        edge = self.edge(1)
        self.control(RELEASE_EXECUTOR_ENABLED=1)
        self.insert_nodes([edge])
        now = self.database.now
        cases = {"'{\"colour\":\"blue\"}'": "colour", "'{\"failure_threshold\":-1}'": "failure_threshold",
                 "'not json'": "batch_config"}
        for number, (config, word) in enumerate(cases.items(), 1):
            self.database.execute(
                "BEGIN",
                "INSERT INTO release_tasks (id, type, target, version, status, total_nodes, success_nodes, failed_nodes,"
                f" batch_config, created_at, updated_at) VALUES ({number}, 'apply_config', 'cdn', {number}, 'pending', 1,"
                f" 0, 0, {config}, {now}, {now})",
                "INSERT INTO release_task_nodes (id, release_task_id, node_id, batch, status, created_at, updated_at)"
                f" VALUES ({number}, {number}, 1, 1, 'pending', {now}, {now})",
                "COMMIT")
            self.wait_status(number, "failed")
            self.assertIn(word, self.release_row(number, "last_error")[0])
        self.insert_release(7, [[1]])
        self.wait_status(7, "success")
        self.database.execute(
            "BEGIN",
            "INSERT INTO release_tasks (id, type, target, version, status, total_nodes, success_nodes, failed_nodes,"
            f" created_at, updated_at) VALUES (8, 'apply_config', 'cdn', 8, 'pending', 1, 0, 0, {now}, {now})",
            "INSERT INTO release_task_nodes (id, release_task_id, node_id, batch, status, created_at, updated_at)"
            f" VALUES (8, 8, 1, 0, 'pending', {now}, {now})",
            "COMMIT")
        self.wait_status(8, "failed")
        self.assertIn("batch", self.release_row(8, "last_error")[0])
        self.assertEqual(edge.runs_of(edge.task(8), "reload"), 0)


if __name__ == "__main__":
    unittest.main()

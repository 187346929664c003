"""An answer counts only for what was sent: rows that are deleted and inserted again, restored databases, and agents
that remember what the rows before them sent."""
import unittest

from harness import ProcCase, wait_until
from harness.database import MariaDb
from harness.edge import plain

BROKEN = {"files": [{"path": "site.conf", "content": "broken\n"}]}
HUGE = 9223372036854775807


class Orders(ProcCase):
    def setUp(self):
        super().setUp()
        self.one_control = self.control()

    def checking_edge(self, number=1):
        """One whose check refuses the word `broken`."""
        edge = self.edge(number, AGENT_CHECK_CMD="! grep -q broken \"$EDGEROLL_STAGED/site.conf\"")
        self.insert_nodes([edge])
        return edge

    def delete_rows(self, number, version=None):
        """What is left of a release in a database from before it; with `version` its content goes as well."""
        self.database.execute(f"DELETE FROM release_task_nodes WHERE release_task_id = {number}",
                              f"DELETE FROM release_tasks WHERE id = {number}",
                              "UPDATE nodes SET applied_version = NULL, applied_config_version = NULL, "
                              "applied_sha256 = NULL")
        if version:
            self.database.execute(f"DELETE FROM config_versions WHERE version = {version}")

    def roll_out(self, number, payload=None, version=1, status="success"):
        if payload:
            self.insert_config(version, payload)
        self.insert_release(number, [[1]], version=version)
        self.wait_status(number, status)

    def content(self, edge):
        return (edge.root / "live" / "site.conf").read_text()

    # ---- reused versions ----

    def test_version_that_is_applied_with_other_content_is_no_success_when_it_comes_again(self):
        edge = self.checking_edge()
        self.roll_out(1, plain("a"))
        self.delete_rows(1, version=1)
        self.roll_out(2, plain("b"), status="failed")
        self.assertEqual(self.node_rows(2), [["1", "failed", "rejected"]])
        self.assertIn("version 1 is applied with other content", self.node_rows(2, "error_msg")[0][0])
        self.assertEqual(self.content(edge), "version a\n")
        self.assertEqual(self.database.rows("SELECT applied_version, applied_sha256 FROM nodes"), [[None, None]])
        # The same content is there, so that this is one, although the first task id is another release's.
        self.delete_rows(2, version=1)
        self.roll_out(1, plain("a"))
        self.assertEqual(self.node_rows(1, "attempt, agent_task_id"), [["2", edge.task(1) + "_2"]])

    def test_version_that_failed_its_check_runs_when_it_comes_again_mended(self):
        edge = self.checking_edge()
        self.roll_out(1, BROKEN, status="failed")
        # The first release had been taken over several times: its fence is not that of the second.
        order = edge.call("GET", f"/tasks/{edge.task(1)}")[1]["data"]["orderId"]
        status, answer = edge.call("POST", "/tasks/dispatch", {
            "taskId": edge.task(1), "type": "apply_config", "version": 1, "payload": BROKEN, "orderId": order,
            "epoch": 900})
        self.assertEqual((status, answer["data"]["status"]), (200, "failed"))
        self.delete_rows(1, version=1)
        self.roll_out(1, plain("b"))
        self.assertEqual(self.content(edge), "version b\n")
        self.assertEqual(self.node_rows(1, "attempt, agent_task_id, ids_passed_over"),
                         [["2", edge.task(1) + "_2", "1"]])
        self.assertEqual(len(self.events_of(1, "task_id_used")), 1)
        self.assertEqual(self.database.rows("SELECT applied_version FROM nodes"), [["1"]])

    def test_same_content_runs_again_when_what_was_wrong_with_the_node_is_mended(self):
        flag = self.folder / "broken-node"
        flag.touch()
        edge = self.edge(1, AGENT_CHECK_CMD=f"test ! -e '{flag}'")
        self.insert_nodes([edge])
        self.roll_out(1, plain(1), status="failed")
        self.delete_rows(1)
        flag.unlink()
        self.roll_out(1)
        self.assertEqual(edge.live_version(), "1")

    def test_reload_that_is_made_twice_by_the_api_reloads_twice(self):
        edge = self.checking_edge()
        for times in (1, 2, 3):
            data = self.create(self.one_control, type="reload")
            self.wait_status(data["releaseId"], "success")
            self.delete_rows(data["releaseId"])
            self.assertEqual(len([line for line in edge.ran() if line.endswith(" reload")]), times)

    def test_release_without_content_reloads_again_when_it_comes_again(self):
        edge = self.checking_edge()
        for times in (1, 2):
            self.roll_out(1)
            self.delete_rows(1)
            self.assertEqual(len([line for line in edge.ran() if line.endswith(" reload")]), times)

    def test_answers_of_an_agent_name_the_order_and_the_content(self):
        edge = self.checking_edge()
        self.roll_out(1, plain(1))
        order = self.release_row(1, "order_id")[0]
        self.assertRegex(order, "^[0-9a-f]{32}$")
        digest = self.database.rows("SELECT sha256 FROM config_versions")[0][0]
        wanted = {"taskId": edge.task(1), "type": "apply_config", "version": 1, "sha256": digest, "orderId": order,
                  "status": "success", "capabilities": ["repair", "secrets"]}
        data = edge.call("GET", f"/tasks/{edge.task(1)}")[1]["data"]
        self.assertEqual({key: data[key] for key in wanted}, wanted)
        again = {"taskId": edge.task(1), "type": "apply_config", "version": 1, "payload": plain(1)}
        self.assertEqual(edge.call("POST", "/tasks/dispatch", {**again, "orderId": order})[1]["data"], wanted)
        self.assertEqual(edge.call("POST", "/tasks/dispatch", again)[1]["data"], wanted)  # of an older control
        for other in ({"orderId": "another"}, {"payload": plain(2)}, {"version": 2}, {"type": "reload", "payload": {}}):
            status, answer = edge.call("POST", "/tasks/dispatch", {**again, **other})
            self.assertEqual((status, answer["code"]), (409, 3002), other)
            self.assertIn(f"task {edge.task(1)} was used for another release", answer["message"])

    # ---- taking over ----

    def test_takeover_does_not_take_the_word_of_the_task_of_deleted_rows(self):
        edge = self.checking_edge()
        self.roll_out(1, plain("a"))
        self.delete_rows(1, version=1)
        edge.program.stop()
        self.insert_config(1, plain("b"))
        self.insert_release(1, [[1]])
        self.wait_node(1, 1, "running")
        self.one_control.program.kill()
        edge.start()
        self.one_control.start()
        self.wait_status(1, "failed")
        self.assertIn("version 1 is applied with other content", self.node_rows(1, "error_msg")[0][0])
        self.assertEqual(self.release_row(1, "claim_epoch > 1"), ["1"])

    # ---- agents written elsewhere ----

    def test_answer_that_names_another_version_or_type_is_not_taken(self):
        named = {}
        agent = self.two_call_agent(1)
        query = agent.query

        def misnaming(task_id):
            answer = query(task_id)
            if answer:
                answer["data"].update(named)
            return answer
        agent.query = misnaming
        self.insert_nodes([agent])
        for version, named in enumerate(({"version": 7}, {"type": "reload"}, {"version": "4", "type": "purge_cache"},
                                         {"sha256": "0" * 64}), 1):
            self.insert_config(version, plain(version))
            data = self.create(self.one_control, version=version, batch_config={"node_timeout_sec": 1})
            self.wait_status(data["releaseId"], "failed")
            # Which of the two depends on where the second ends: between questions, or with an answer.
            self.assertIn(self.node_rows(data["releaseId"]),
                          ([["1", "failed", "timeout"]], [["1", "failed", "rejected"]]))
            self.assertIn("a task of another release", self.node_rows(data["releaseId"], "error_msg")[0][0])
            self.assertEqual(agent.tasks[f"apply_config_{agent.address}_{version}"]["dispatches"], 1)
        named = {"version": 5, "type": "apply_config"}
        self.insert_config(5, plain(5))
        data = self.create(self.one_control, version=5)
        self.wait_status(data["releaseId"], "success")

    # ---- epochs that cannot be ----

    def test_release_with_an_impossible_epoch_by_plain_insert_runs(self):
        self.insert_nodes([self.two_call_agent(1)])
        self.insert_config(1, plain(1))
        self.insert_with_epoch(1, HUGE)
        self.wait_status(1, "success")
        self.assertEqual(self.release_row(1, "claim_epoch"), ["1"])

    def insert_with_epoch(self, number, epoch):
        now = self.database.now
        self.database.execute(
            "BEGIN",
            "INSERT INTO release_tasks (id, version, total_nodes, claim_epoch, created_at, updated_at) "
            f"VALUES ({number}, {number}, 1, {epoch}, {now}, {now})",
            "INSERT INTO release_task_nodes (release_task_id, node_id, batch, created_at, updated_at) "
            f"VALUES ({number}, 1, 1, {now}, {now})",
            "COMMIT")

    def check_spent_epochs(self, epochs):
        self.insert_nodes([self.two_call_agent(1)])
        for number, epoch in enumerate(epochs, 1):
            self.insert_config(2 * number - 1, plain(number))
            self.insert_config(2 * number, plain(number))
            # Claimed, and waiting: then a hand writes its epoch.
            data = self.create(self.one_control, version=2 * number - 1, not_before="2037-01-01T00:00:00Z")
            spent = data["releaseId"]
            self.database.execute(f"UPDATE release_tasks SET claimed_by = 'somebody', claim_epoch = {epoch}, "
                                  f"not_before = NULL WHERE id = {spent}")
            later = self.create(self.one_control, version=2 * number)["releaseId"]
            self.wait_status(spent, "failed")
            self.assertIn("claim_epoch", self.release_row(spent, "last_error")[0])
            self.wait_status(later, "success")

    def test_release_whose_epoch_was_spent_by_hand_fails_and_keeps_nobody_waiting(self):
        self.check_spent_epochs([HUGE, f"{HUGE} + 1", "-5"])

    def test_release_whose_epoch_was_spent_by_hand_can_be_stopped(self):
        agent = self.two_call_agent(1, outcome=lambda task: ("running", ""))
        self.insert_nodes([agent])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        wait_until(lambda: agent.tasks, "the agent has the task")
        self.database.execute(f"UPDATE release_tasks SET claim_epoch = {HUGE}, lease_expires_at = NULL WHERE id = 1")
        wait_until(lambda: "claim_epoch" in (self.release_row(1, "COALESCE(last_error, '')")[0]),
                   lambda: f"its owner says why it ends\n{self.describe(1)}")
        self.act(self.one_control, 1, "stop-batch", reason="in vain?", force=True)
        self.wait_status(1, "cancelled")


class OrdersOnMariaDb(ProcCase):
    def test_epochs_that_cannot_be_counted_on_from(self):
        self.database = MariaDb(self.folder / "mariadb")
        control = self.control()
        self.insert_nodes([self.two_call_agent(1)])
        self.insert_config(1, plain(1))
        self.insert_config(2, plain(2))
        now = self.database.now
        self.database.execute(
            "BEGIN",
            "INSERT INTO release_tasks (id, version, total_nodes, claim_epoch, created_at, updated_at) VALUES "
            f"(1, 1, 1, {HUGE}, {now}, {now})",
            "INSERT INTO release_task_nodes (release_task_id, node_id, batch, created_at, updated_at) VALUES "
            f"(1, 1, 1, {now}, {now})",
            "COMMIT")
        self.wait_status(1, "success")
        data = self.create(control, version=2, not_before="2037-01-01T00:00:00Z")
        self.database.execute(f"UPDATE release_tasks SET claimed_by = 'somebody', claim_epoch = {HUGE}, "
                              f"not_before = NULL WHERE id = {data['releaseId']}")
        self.wait_status(data["releaseId"], "failed")
        self.assertIn("claim_epoch", self.release_row(data["releaseId"], "last_error")[0])


if __name__ == "__main__":
    unittest.main()

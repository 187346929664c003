"""Steering from elsewhere: by SQL, through a process that does not own the release, and from the shell."""
import json
import signal
import unittest

from harness import MariaDb, ProcCase, Program, wait_until
from harness.basics import BIN, PATIENCE, clean_environment
from harness.control import TOKENS
from harness.edge import plain


class Steering(ProcCase):
    def begin(self, control, count=4, held=(1,), **batch_config):
        """A release of batches of one node over cheap agents; the first one is held. Its number."""
        self.agents = self.fleet(count)
        self.agents.hold(*held)
        self.insert_nodes(self.agents.agents.values())
        self.insert_config(1, plain(1))
        number = self.create(control, version=1, batch_config={"batch_size": 1, **batch_config})["releaseId"]
        if held:
            self.wait_node(number, held[0], "running")
        return number

    def ask(self, number, action):
        self.database.execute(f"UPDATE release_tasks SET requested_action = '{action}' WHERE id = {number}")

    # ---- by SQL ----

    def test_sql_pauses_continues_and_stops(self):
        number = self.begin(self.control(), held=(1, 3))
        self.ask(number, "pause")
        self.agents.let_go(1)
        self.wait_hold(number, "review", 1)
        self.assertEqual((self.agents.asked(), self.release_row(number, "requested_action")), ([1], [None]))
        kinds = [kind for [kind] in self.database.rows("SELECT kind FROM release_events ORDER BY id")]
        self.assertLess(kinds.index("node_success"), kinds.index("paused"), kinds)
        self.ask(number, "continue")
        self.wait_node(number, 3, "running")
        self.ask(number, "stop")
        self.wait_row(number, batch_status="stopped")
        self.assertEqual(self.statuses(number), {1: "success", 2: "success", 3: "running", 4: "skipped"})
        self.agents.let_go()
        self.wait_status(number, "cancelled")
        self.assertEqual(self.statuses(number)[3], "success")  # it could not be cancelled: its real outcome
        self.assertEqual([len(self.events_of(number, kind)) for kind in ("paused", "continued", "stop_started")], [1, 1, 1])
        self.assertNotIn("window", str(self.database.rows("SELECT detail FROM release_events WHERE kind = 'hold'")))
        self.assert_counters(number)

    def test_sql_sets_a_running_release_to_paused(self):
        control = self.control()
        number = self.begin(control)
        self.database.execute(f"UPDATE release_tasks SET status = 'paused' WHERE id = {number}")
        wait_until(lambda: self.events_of(number, "status_changed_by_hand"), lambda: self.describe(number))
        self.assertIn("waits for 1 running node to finish first", control.release(number)["waitingFor"]["reason"])
        self.agents.let_go(1)  # its end is recorded, and nothing follows
        self.wait_row(number, status="paused", batch_status="paused", success_nodes=1)
        self.assertEqual(self.agents.asked(), [1])
        self.ask(number, "continue")
        self.wait_status(number, "success")
        self.assertEqual(self.release_row(number), ["success", "4", "0"])

    def test_unknown_word_in_requested_action_is_refused_in_the_history(self):
        number = self.begin(self.control())
        self.ask(number, "explode")
        wait_until(lambda: self.events_of(number, "action_refused"), lambda: self.describe(number))
        self.agents.let_go()
        self.wait_status(number, "success")
        self.assertEqual(self.release_row(number, "last_error"), [None])

    # ---- rows that are deleted and added ----

    def lose_rows_while_batch_two_runs(self):
        control = self.control()
        number = self.begin(control, held=(1, 2, 4))
        self.agents.let_go(1)
        self.wait_node(number, 2, "running")
        self.database.execute(f"DELETE FROM release_task_nodes WHERE release_task_id = {number} AND batch = 1")
        # and comes back, in a batch that no plan has
        self.database.execute(f"INSERT INTO release_task_nodes (release_task_id, node_id, batch) VALUES ({number}, 1, 0)")
        self.assertEqual(self.act(control, number, "pause-batch")["requestedAction"], "pause")
        self.assertEqual(control.release(number)["startedBatch"], 2)
        self.agents.let_go(2)
        self.wait_hold(number, "review", 2)
        self.wait_row(number, status="paused", requested_action=None)
        self.assertEqual(self.statuses(number), {1: "skipped", 2: "success", 3: "pending", 4: "pending"})
        control.program.kill()  # whoever takes over knows it as well
        other = self.control(name="other")
        wait_until(lambda: int(self.release_row(number, "claim_epoch")[0]) > 1, lambda: self.describe(number))
        wait_until(lambda: "after batch 2" in (other.release(number)["waitingFor"] or {"reason": ""})["reason"],
                   lambda: self.describe(number))
        self.assertEqual(self.agents.asked(), [1, 2])
        self.act(other, number, "continue-batch")
        self.wait_node(number, 4, "running")
        self.assertEqual(self.release_row(number, "current_batch, started_batch"), ["4", "4"])
        self.agents.let_go()
        self.wait_status(number, "success")
        self.assertEqual(self.agents.asked(), [1, 2, 3, 4])
        self.assertEqual(set(self.agents.dispatches().values()), {1})
        self.assert_counters(number)

    def test_a_pause_holds_although_rows_of_an_earlier_batch_are_deleted(self):
        self.lose_rows_while_batch_two_runs()

    def test_a_pause_holds_although_rows_are_deleted_on_mariadb(self):
        self.database = MariaDb(self.folder / "mariadb")
        self.lose_rows_while_batch_two_runs()

    # ---- through a process that does not own it ----

    def steer_through_another(self):
        owner = self.control(name="owner")
        number = self.begin(owner, held=(1, 3))
        other = self.control(name="other")
        claimed_by = self.release_row(number, "claimed_by")
        self.assertEqual(self.act(other, number, "pause-batch")["requestedAction"], "pause")
        self.agents.let_go(1)
        self.wait_hold(number, "review", 1)
        self.act(other, number, "continue-batch")
        self.wait_node(number, 3, "running")
        self.assertEqual(self.release_row(number, "claimed_by, claim_epoch"), [*claimed_by, "1"])
        self.act(other, number, "pause-batch")
        owner.program.kill()  # the request outlives the owner
        self.agents.let_go()
        wait_until(lambda: int(self.release_row(number, "claim_epoch")[0]) > 1,
                   lambda: "the other one takes over\n" + self.describe(number))
        self.wait_hold(number, "review", 3)
        self.assertEqual(self.agents.asked(), [1, 2, 3])
        self.act(other, number, "stop-batch", reason="enough")
        self.wait_status(number, "cancelled")
        self.assertEqual(self.statuses(number), {1: "success", 2: "success", 3: "success", 4: "skipped"})
        self.assertEqual(set(self.agents.dispatches().values()), {1})
        self.assert_counters(number)

    def test_another_process_steers_and_takes_over(self):
        self.steer_through_another()

    def test_another_process_steers_and_takes_over_on_mariadb(self):
        self.database = MariaDb(self.folder / "mariadb")
        self.steer_through_another()

    def test_rollback_and_retry_on_mariadb(self):
        self.database = MariaDb(self.folder / "mariadb")
        control = self.control()
        first = self.begin(control, held=())
        self.wait_status(first, "success")
        self.agents.fail(3, tasks=1)
        self.insert_config(2, plain(2))
        second = self.create(control, version=2, batch_config={"batch_size": 1})["releaseId"]
        self.wait_status(second, "failed")
        self.act(control, second, "retry")
        wait_until(lambda: self.release_row(second) == ["success", "4", "0"], lambda: self.describe(second))
        data = self.act(control, second, "rollback")
        self.wait_status(data["releaseId"], "success")
        self.assertEqual(self.node_rows(data["releaseId"], "DISTINCT config_version, status"), [["1", "success"]])
        sent = [agent.tasks[f"apply_config_{agent.address}_{data['version']}"]["task"]["payload"]
                for agent in self.agents.agents.values()]
        self.assertEqual(sent, [plain(1)] * 4)
        self.insert_config(9, plain(2))
        self.assertIn("banned", self.create(control, status=409, version=9)["message"])

    # ---- a stop that waits for nobody ----

    def test_forced_stop_gives_up_a_node_that_does_not_answer(self):
        edge = self.edge(1)
        control = self.control()
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        first = self.create(control, version=1)["releaseId"]
        self.wait_status(first, "success")
        edge.hold()
        self.insert_config(2, plain(2))
        second = self.create(control, version=2)["releaseId"]
        edge.wait_ran(2)
        edge.program.signal(signal.SIGSTOP)  # as a node in an outage: it answers nobody, and has the task

        self.act(control, second, "stop-batch")
        self.wait_row(second, status="running", batch_status="stopped")
        self.assert_refused(control, second, "rollback", says="stop it first")
        got, answer = control.request("POST", f"/api/v1/releases/{second}/stop-batch", {"force": True})
        self.assertEqual((got, answer["code"]), (400, 2002), answer)
        self.assertIn("'reason'", answer["message"])
        self.assertEqual(self.statuses(second), {1: "running"})

        output = self.shell(control, "stop", second, "--force", "--reason", "edge-1 is cut off", "--yes")
        self.assertIn("given up:\nbatch 1: edge-1", output)
        self.wait_status(second, "cancelled")  # the node's time would be ten minutes
        self.assertEqual(self.node_rows(second), [["1", "failed", "lost"]])
        self.assert_counters(second)
        self.assert_refused(control, second, "stop-batch")
        back = self.act(control, second, "rollback")["releaseId"]

        before = self.release_row(second, "status, batch_status, finished_at, success_nodes, failed_nodes, write_seq")
        edge.program.signal(signal.SIGCONT)
        edge.let_go()
        self.wait_status(back, "success")
        self.assertEqual(self.node_rows(second), [["1", "failed", "lost"]])
        self.assertEqual(self.release_row(second, "status, batch_status, finished_at, success_nodes, failed_nodes, "
                                                  "write_seq"), before)
        self.assertEqual((edge.root / "live" / "site.conf").read_text(), plain(1)["files"][0]["content"])
        asked = [json.loads(detail) for [detail] in self.events_of(second, "stop_requested", "detail")]
        self.assertEqual(asked, [{}, {"force": "yes", "reason": "edge-1 is cut off"}])

    # ---- from the shell ----

    def shell(self, control, *arguments, status=0, role="admin"):
        got, output = control.cli("release", *map(str, arguments), role=role)
        self.assertEqual(got, status, output)
        return output

    def in_background(self, control, name, *arguments):
        program = Program(name, [BIN / "edgeroll", "release", *arguments],
                          clean_environment(EDGEROLL_URL=control.url, EDGEROLL_TOKEN=TOKENS["viewer"]),
                          self.folder / f"{name}.log")
        self.addCleanup(program.discard)
        return program

    def test_shell_follows_and_steers_a_release_to_its_end(self):
        control = self.control()
        number = self.begin(control, held=(1, 3))
        follower = self.in_background(control, "follower", "events", str(number), "--follow", "-o", "json")
        waiter = self.in_background(control, "waiter", "wait", str(number), "--for", "paused", "--timeout", "60")
        self.assertIn("not paused", self.shell(control, "wait", number, "--for", "paused", "--timeout", "0.3", status=4))
        self.assertIn("nothing to continue", self.shell(control, "continue", number, status=2))
        self.shell(control, "pause", number, role="viewer", status=2)
        self.shell(control, "pause", number, "--reason", "a look at edge-1")
        self.agents.let_go(1)
        self.assertEqual(waiter.wait(), 0, waiter.log())
        self.shell(control, "wait", number, "--for", "batch:1", "--timeout", "30")
        self.assertIn("paused", self.shell(control, "explain", number))
        self.shell(control, "continue", number)
        self.wait_node(number, 3, "running")
        self.assertIn("--yes", self.shell(control, "stop", number, status=2))  # no terminal to ask on
        self.assertEqual(self.release_row(number, "status"), ["running"])
        self.shell(control, "stop", number, "--yes", "--reason", "edge-3 looks odd")
        self.agents.let_go()
        self.shell(control, "wait", number, "--timeout", "30", status=1)
        self.wait_status(number, "cancelled")
        self.assertEqual(follower.wait(PATIENCE), 0, follower.log())
        told = [json.loads(line) for line in follower.log().splitlines()]
        recorded = self.database.rows(f"SELECT id, kind FROM release_events WHERE release_task_id = {number} ORDER BY id")
        self.assertEqual([[str(event["id"]), event["kind"]] for event in told], recorded)
        listed = self.shell(control, "events", number, role="viewer")
        for word in ("pause_requested", "a look at edge-1", "stop_requested", "edge-3 looks odd"):
            self.assertIn(word, listed)

    def test_shell_rolls_back(self):
        control = self.control()
        first = self.begin(control, held=())
        self.shell(control, "wait", first, "--timeout", "60")
        self.insert_config(2, plain(2))
        output = self.shell(control, "create", "--version", "2", "--batches", "1,rest", "--watch", "-o", "json")
        second = json.loads(output.splitlines()[-1])["releaseId"]
        self.assertIn("--yes", self.shell(control, "rollback", second, status=2))
        answer = json.loads(self.shell(control, "rollback", second, "--yes", "--reason", "slow", "-o", "json"))
        self.shell(control, "wait", answer["releaseId"], "--timeout", "60")
        self.assertEqual(self.release_row(answer["releaseId"], "status, rolls_back"), ["success", str(second)])
        self.assertIn("rolled back", self.shell(control, "rollback", second, "--yes", status=2))
        control.program.stop()
        self.shell(control, "pause", second, status=3)


if __name__ == "__main__":
    unittest.main()

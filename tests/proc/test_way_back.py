"""The way back while a release runs: nobody waits for a silent node (docs/adr/0028)."""
import signal
import threading
import unittest
from contextlib import closing

from harness import MariaDb, ProcCase, wait_until
from harness.edge import plain

REFUSES_2 = "! grep -q 'version 2' \"$EDGEROLL_LIVE/site.conf\""


class WayBack(ProcCase):
    settings = {}  # of control

    def begin(self, count, refusing=(), **batch_config):
        """Edges that hold version 1; those in `refusing` say no to version 2 after the switch."""
        self.one_control = self.control(**self.settings)
        self.fleet_of = {number: self.edge(number, AGENT_VERIFY_CMD=REFUSES_2 if number in refusing else None)
                         for number in range(1, count + 1)}
        self.insert_nodes(self.fleet_of.values())
        for version in (1, 2):
            self.insert_config(version, plain(version))
        first = self.create(self.one_control, version=1)["releaseId"]
        self.wait_status(first, "success")

    def silence(self, number):
        """As a node that the content cut off: it has the task, and answers nobody."""
        self.fleet_of[number].wait_ran(2)
        self.fleet_of[number].program.signal(signal.SIGSTOP)

    def wake(self, number):
        self.fleet_of[number].program.signal(signal.SIGCONT)
        self.fleet_of[number].let_go()

    def rollback_of(self, number):
        query = f"SELECT id FROM release_tasks WHERE rolls_back = {number}"
        wait_until(lambda: self.database.rows(query), lambda: "a rollback follows\n" + self.describe(number))
        return int(self.database.rows(query)[0][0])

    def content(self, number):
        return (self.fleet_of[number].root / "live" / "site.conf").read_text().strip()

    def test_on_failure_rollback_waits_for_no_silent_node(self):
        self.begin(5, refusing=(1,))
        self.fleet_of[1].hold()
        self.fleet_of[2].hold()
        number = self.create(self.one_control, version=2, batch_config={
            "batches": [5], "on_failure": "rollback"})["releaseId"]
        self.silence(2)
        for node in (3, 4, 5):
            self.wait_node(number, node, "success")
        self.fleet_of[1].let_go()
        self.wait_node(number, 1, "failed")
        back = self.rollback_of(number)
        # The node's time is ten minutes: this would fail if anybody waited for it.
        for node in (1, 3, 4, 5):
            self.wait_node(back, node, "success")
            self.assertEqual(self.content(node), "version 1")
        self.wait_status(number, "failed")
        self.assertEqual(self.statuses(number), {1: "failed", 2: "failed", 3: "success", 4: "success", 5: "success"})
        self.assertIn("given up for the rollback", self.node_rows(number, "error_msg")[1][0])
        self.assertEqual(self.node_rows(back, "node_id, batch"),
                         [["3", "1"], ["4", "1"], ["5", "1"], ["1", "2"], ["2", "3"]])
        self.wait_node(back, 2, "running")
        self.wake(2)
        self.wait_status(back, "success")
        self.assertEqual(self.content(2), "version 1")
        self.assertEqual(len(self.events_of(number, "aborted")), 1)
        self.assert_counters(number)

    def test_a_silent_first_node_holds_up_no_rollback(self):
        self.begin(5)
        number = self.create(self.one_control, version=2)["releaseId"]
        self.wait_status(number, "success")
        for node in (1, 2, 3):
            self.fleet_of[node].program.signal(signal.SIGSTOP)
        back = self.act(self.one_control, number, "rollback")["releaseId"]
        first = [node for [node] in self.database.rows(
            f"SELECT node_id FROM release_task_nodes WHERE release_task_id = {back} AND batch = 1")]
        self.assertEqual(len(first), 3)
        for node in (4, 5):
            self.wait_node(back, node, "success")
        for node in (1, 2, 3):
            self.wake(node)
        self.wait_status(back, "success")

    def test_a_release_that_has_not_begun_does_not_hold_up_the_way_back(self):
        self.begin(3, refusing=(1,))
        self.fleet_of[1].hold()
        number = self.create(self.one_control, version=2, batch_config={
            "batches": [3], "on_failure": "rollback"})["releaseId"]
        for node in (2, 3):
            self.wait_node(number, node, "success")
        self.insert_config(3, plain(3))
        queued = self.create(self.one_control, version=3)["releaseId"]
        self.assertIn("version 2", self.one_control.release(queued)["waitingFor"]["reason"])
        self.fleet_of[1].let_go()
        back = self.rollback_of(number)
        for node in (1, 2, 3):
            self.wait_node(back, node, "success")
        self.wait_status(back, "success")
        # Agents take no lower version: what was queued says so, and is to be made again.
        self.wait_status(queued, "failed")
        self.assertIn("node already holds the newer version", self.release_row(queued, "last_error")[0])
        self.assertIn("release it again", self.release_row(queued, "last_error")[0])
        for node in (1, 2, 3):
            self.assertEqual(self.content(node), "version 1")
            self.assertEqual(self.fleet_of[node].runs_of(self.fleet_of[node].task(3), "check"), 0)

    def test_agents_with_two_calls_go_back_too(self):
        is_over = threading.Event()

        def outcome(known):
            version, number = known["task"]["version"], known["number"]
            if version != 2 or number == 1:
                return "success", ""
            if number == 2:
                return ("success" if is_over.is_set() else "running"), ""
            return "failed", "nginx says no"

        self.one_control = self.control()
        agents = {}
        for number in (1, 2, 3):
            agents[number] = self.two_call_agent(
                number, outcome=lambda known, number=number: outcome({**known, "number": number}))
        self.insert_nodes(agents.values())
        for version in (1, 2):
            self.insert_config(version, plain(version))
        self.wait_status(self.create(self.one_control, version=1)["releaseId"], "success")
        number = self.create(self.one_control, version=2, batch_config={
            "batches": [3], "on_failure": "rollback"})["releaseId"]
        back = self.rollback_of(number)

        def sent_back(node):
            return [known["task"] for known in agents[node].tasks.values() if known["task"]["version"] > 2]

        # One runs its task still: these agents have no queue, so it is sent nothing before its last word.
        for node in (1, 3):
            self.wait_node(back, node, "success")
            self.assertEqual(sent_back(node)[0]["payload"], plain(1), "whole: they know no references")
        self.assertEqual(sent_back(2), [])
        self.assertEqual(self.statuses(number)[2], "running")
        is_over.set()
        self.wait_status(back, "success")
        self.assertEqual([task["payload"] for task in sent_back(2)], [plain(1)])
        self.wait_status(number, "failed")
        self.assert_counters(number)

    def test_an_operator_aborts_a_release_that_runs(self):
        self.begin(3)
        self.fleet_of[2].hold("reload")  # past the switch: it cannot be cancelled any more
        number = self.create(self.one_control, version=2, batch_config={"batch_size": 1})["releaseId"]
        self.fleet_of[2].wait_ran(2, "reload")
        self.assert_refused(self.one_control, number, "rollback", says="or abort it")
        status, output = self.one_control.cli("release", "rollback", str(number), "--abort", "--yes",
                                              "--reason", "errors on edge-1")
        self.assertEqual(status, 0, output)
        back = self.rollback_of(number)
        self.wait_node(back, 1, "success")
        self.assertEqual(self.content(1), "version 1")
        seen = self.one_control.release(number)
        self.assertEqual(seen["status"], "running")
        self.assertIn("rolled back", seen["waitingFor"]["reason"])
        self.assertIn(f"release {number}", self.one_control.release(back)["waitingFor"]["reason"])
        self.fleet_of[2].let_go()
        self.wait_status(number, "failed")
        self.wait_status(back, "success")
        self.assertEqual(self.statuses(number)[3], "skipped")
        self.assertIn("errors on edge-1", self.release_row(number, "last_error")[0])
        self.assertEqual(self.content(2), "version 1")

    def test_a_content_that_works_no_more_stops_its_rollback(self):
        self.begin(4)
        number = self.create(self.one_control, version=2)["releaseId"]
        self.wait_status(number, "success")
        for edge in self.fleet_of.values():
            edge.program.discard()
            edge.settings["AGENT_CHECK_CMD"] = "grep -q 'version 2' \"$EDGEROLL_STAGED/site.conf\""
            edge.start()
        back = self.act(self.one_control, number, "rollback")["releaseId"]
        self.wait_hold(back, "failure", 1)
        self.assertIn("does not work any more", self.release_row(back, "last_error")[0])
        self.assertEqual(sorted(self.statuses(back).values()), ["failed", "failed", "failed", "pending"])
        self.act(self.one_control, back, "continue-batch")
        wait_until(lambda: sorted(self.statuses(back).values()) == ["failed"] * 4, lambda: self.describe(back))

    # ---- control or the database dies while a limit is exceeded ----

    def begin_to_fail(self):
        """Nodes 2 and 3 have version 2, node 1 is about to refuse it. The release's number."""
        # Long enough for a claim to outlast a database that is away.
        self.settings = {"RELEASE_LEASE_SEC": 15}
        self.begin(3, refusing=(1,))
        self.fleet_of[1].hold()
        number = self.create(self.one_control, version=2, batch_config={
            "batches": [3], "on_failure": "rollback"})["releaseId"]
        self.fleet_of[1].wait_ran(2)
        for node in (2, 3):
            self.wait_node(number, node, "success")
        return number

    def let_it_fail(self):
        """Returns when control has heard of it, and cannot have written it."""
        self.fleet_of[1].let_go()
        heard = 'edgeroll_nodes_finished_total{failure_kind="exec_failed",status="failed"} 1'
        wait_until(lambda: heard in (self.one_control.get_raw("/metrics") or (0, ""))[1], self.one_control.program.tail)

    def assert_taken_back(self, number):
        back = self.rollback_of(number)
        self.wait_status(number, "failed")
        self.wait_status(back, "success")
        for node in (1, 2, 3):
            self.assertEqual(self.content(node), "version 1")
        self.assertEqual(self.database.rows(f"SELECT COUNT(*) FROM release_tasks WHERE rolls_back = {number}"), [["1"]])
        self.assertEqual(len(self.events_of(number, "aborted")), 1)
        self.assert_counters(number)

    def test_control_that_dies_in_the_commit_of_an_abort_leaves_it_whole_or_undone(self):
        number = self.begin_to_fail()
        with closing(self.database._connect()) as blocking:
            blocking.execute("BEGIN IMMEDIATE")
            self.let_it_fail()
            self.one_control.program.kill()
            blocking.execute("ROLLBACK")
        self.assertEqual(self.events_of(number, "aborted"), [])
        self.assertEqual(self.statuses(number)[1], "running")
        self.one_control.start()
        self.assert_taken_back(number)

    def test_control_that_dies_after_the_commit_of_an_abort_goes_on_with_it(self):
        number = self.begin_to_fail()
        for node in (2, 3):
            self.fleet_of[node].hold()  # the rollback's first nodes
        self.fleet_of[1].let_go()
        self.rollback_of(number)
        self.one_control.program.kill()
        for node in (2, 3):
            self.fleet_of[node].let_go()
        self.one_control.start()
        self.assert_taken_back(number)

    def test_a_database_that_is_away_while_a_limit_is_exceeded_delays_the_abort_only(self):
        self.database = MariaDb(self.folder / "mariadb")
        number = self.begin_to_fail()
        self.database.server.kill()
        self.let_it_fail()
        self.database.server.start()
        self.assert_taken_back(number)

    def test_a_dark_node_brakes_the_release_and_ends_it(self):
        self.begin(4)
        self.fleet_of[1].hold()
        number = self.create(self.one_control, version=2, batch_config={
            "batches": [4], "max_parallel": 1, "dark_sec": 5, "dark_abort_sec": 15})["releaseId"]
        self.silence(1)
        wait_until(lambda: self.events_of(number, "node_dark"), lambda: self.describe(number))
        self.assertIn("edge-1", self.one_control.release(number)["waitingFor"]["reason"])
        wait_until(lambda: self.statuses(number)[2] == "skipped", lambda: self.describe(number))
        self.assertIn("edge-1 in batch 1 is dark", self.release_row(number, "last_error")[0])
        self.wake(1)
        self.wait_status(number, "failed")
        self.assertEqual(len(self.events_of(number, "node_back")), 1)


if __name__ == "__main__":
    unittest.main()

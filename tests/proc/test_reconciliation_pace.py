"""How fast reconciliation goes, what stops it, and what it waits for (docs/contract.md section 6.9)."""
import threading
import unittest
from types import SimpleNamespace

from harness import HostileAgent, MariaDb, wait_until
from harness.basics import PATIENCE
from harness.edge import plain
from harness.reconcile import BUSY, Lookout, ReconcileCase, StatefulAgents


class ReconciliationPace(ReconcileCase):
    def test_one_node_goes_first_and_the_pace_is_kept(self):
        edges = self.edges(6)
        control = self.control("off")
        self.insert_nodes(edges)
        number = self.roll_out(control, 1, plain(1))
        lookout = Lookout(self)
        before = self.totals(control, number)
        for edge in edges:
            edge.wipe()
        for edge in edges:
            self.wait_node_is(control, edge.name, driftKind="empty")
        self.assertEqual((self.told(control)["status"], self.taken()), ("off", []))
        for edge in edges:
            edge.hold()
        control = self.control_again(control, "new", RECONCILE_MAX=2, RECONCILE_PER_MINUTE=3)
        self.wait_taken(["1", "empty", None])
        self.wait_ran_again(edges[0])
        lookout.wait_looks()
        told = self.told(control)
        self.assertEqual((len(self.taken()), told["status"], told["owed"]), (1, "working", 5))
        self.assertEqual([one["nodeName"] for one in told["open"]], ["edge-1"])
        self.assertEqual(control.metric("edgeroll_reconcile_open"), 1)
        self.assertEqual(self.waiting(control), [["under_way", [f"edge-{n}" for n in range(2, 7)]]])

        edges[0].let_go()  # RECONCILE_MAX
        served = ["1", "empty", "success"]
        self.wait_taken(served, ["2", "empty", None], ["3", "empty", None])
        self.wait_ran_again(edges[1], edges[2])
        lookout.wait_looks()
        self.assertEqual(len(self.taken()), 3)
        # From here on the test says how long ago they were taken up.
        self.database.execute("UPDATE reconcile_nodes SET taken_at = strftime('%Y-%m-%d %H:%M:%f', 'now')")

        edges[1].let_go()  # RECONCILE_PER_MINUTE
        edges[2].let_go()
        three = [served, ["2", "empty", "success"], ["3", "empty", "success"]]
        self.wait_taken(*three)
        self.wait_waiting(control, ["pace", ["edge-4", "edge-5", "edge-6"]])
        told = self.told(control)
        self.assertEqual((told["status"], told["takenLastMinute"], told["owed"]), ("waiting", 3, 3))
        self.assertTrue(0 < told["waiting"][0]["waitSec"] <= 60, told)
        lookout.wait_looks()
        self.assertEqual(self.taken(), three)
        self.database.execute(
            "UPDATE reconcile_nodes SET taken_at = strftime('%Y-%m-%d %H:%M:%f', 'now', '-61 seconds')")
        self.wait_taken(*three, ["4", "empty", None], ["5", "empty", None])
        for edge in edges:
            edge.let_go()
        self.wait_taken(*three, *[[str(n), "empty", "success"] for n in (4, 5, 6)])
        self.assert_at_rest(control, number, before)
        self.assertEqual([edge.live_version() for edge in edges], ["1"] * 6)
        self.assertEqual([edge.runs_of(f"{edge.task(1)}_2", "reload") for edge in edges], [1] * 6)

    def wait_ran_again(self, *edges):
        for edge in edges:
            wait_until(lambda edge=edge: edge.runs_of(f"{edge.task(1)}_2", "check"),
                       lambda edge=edge: f"{edge.name} runs its check again\n{edge.program.tail()}")

    def test_three_controls_take_up_each_node_once(self):
        self.database = MariaDb(self.folder / "mariadb")
        count = 40
        fleet = StatefulAgents(self, count)
        controls = [self.control(name=f"control-{n}", RELEASE_CATCH_UP_INTERVAL_SEC=0.02, RECONCILE_MAX=8)
                    for n in (1, 2, 3)]
        self.insert_nodes(fleet.agents)
        number = self.roll_out(controls[0], 1, plain(1))
        before = self.totals(controls[0], number)
        fleet.wipe()
        wait_until(lambda: len(self.taken()) >= count and all(outcome for _, _, outcome in self.taken()),
                   lambda: f"all are served: {self.taken()}\n{self.describe(number)}", 120)
        self.assertEqual(sorted(self.taken(), key=lambda row: int(row[0])),
                         [[str(node), "empty", "success"] for node in range(1, count + 1)])
        self.assertEqual(fleet.dispatched(), [[False, True]] * count)
        for control in controls:
            self.assert_at_rest(control, number, before)
        spans = self.database.rows("SELECT taken_at, ended_at FROM reconcile_nodes ORDER BY id")
        together = [sum(begin <= moment < end for begin, end in spans) for moment, _ in spans]
        self.assertEqual((together[0], max(together)), (1, 8), spans)
        reconciled = [control.metric('edgeroll_reconciled_nodes_total{outcome="success"}') for control in controls]
        self.assertEqual(sum(value or 0 for value in reconciled), count)

    def test_a_deferred_node_is_served_once_though_another_control_looked_before(self):
        # edge-3 keeps one control waiting in the middle of its look, while the other one serves edge-2.
        self.database = MariaDb(self.folder / "mariadb")
        first = self.control("off", name="first", NODE_HEARTBEAT_SEC=0, RELEASE_DISPATCH_TIMEOUT_SEC=3)
        edges = [self.edge(1), self.edge(2, starts=False)]
        address = self.addresses.edge()
        for edge in edges:
            self.add_node(first, edge)
        self.add_node(first, SimpleNamespace(name="edge-3", address=address))
        number = self.roll_out(first, 1, plain(1), max_unreachable=2)
        self.assertEqual(self.statuses(number), {1: "success", 2: "deferred", 3: "deferred"})
        edges[1].start()
        asked_by, may_answer = [], threading.Event()

        def behave(_, connection, line):
            if line.startswith("GET /healthz"):
                subject = dict(pair for (pair,) in connection.getpeercert()["subject"])
                asked_by.append(subject["commonName"])
                if subject["commonName"] == "early":
                    may_answer.wait(PATIENCE)
            connection.sendall(BUSY)
        self.keep(HostileAgent("edge-3", address, self.certs, behave))
        other = self.control(starts=False, name="other", NODE_HEARTBEAT_SEC=0)
        early = self.control_again(first, "new", name="early", NODE_HEARTBEAT_SEC=0)
        wait_until(lambda: "early" in asked_by, "a look is at edge-3")
        other.start()
        self.wait_taken(["2", "deferred", "success"])
        self.wait_status(number, "success")
        may_answer.set()
        wait_until(lambda: asked_by.count("early") >= 3, lambda: f"it looks again: {asked_by}\n{early.program.tail()}")
        self.wait_status(number, "success")
        self.assertEqual(self.taken(), [["2", "deferred", "success"]])
        self.assertEqual((len(edges[1].ran()), self.node_rows(number, "attempt")), (2, [["1"], ["2"], ["1"]]))

    # ---- trouble ----

    def test_three_failures_in_a_row_stop_it_until_an_operator_continues(self):
        broken = self.folder / "broken"
        edges = self.edges(4, AGENT_CHECK_CMD=f"if [ -e '{broken}' ]; then echo no disk >&2; exit 1; fi")
        control = self.control()
        self.insert_nodes(edges)
        number = self.roll_out(control, 1, plain(1))
        lookout = Lookout(self)
        before = self.totals(control, number)
        broken.touch()
        for edge in edges:
            edge.wipe()
        wait_until(lambda: self.told(control)["status"] == "stopped", lambda: f"it stops: {self.told(control)}", 60)
        self.wait_status(number, "success")
        failed = self.taken()
        self.assertEqual([row[1:] for row in failed], [["empty", "failed"]] * 3)
        left = ({"1", "2", "3", "4"} - {node for node, _, _ in failed}).pop()
        self.wait_waiting(control, ["stopped", [f"edge-{left}"]])
        lookout.wait_looks()
        told = self.told(control)
        self.assertEqual((self.taken(), told["status"], told["failuresInARow"]), (failed, "stopped", 3))
        self.assertIn("no disk", told["recent"][0]["errorMsg"])
        self.assertEqual(control.metric("edgeroll_reconcile_stopped"), 1)
        self.assertIn("event=reconcile_stopped failures=3", control.program.log())
        self.assertEqual(self.totals(control, number)["failedNodes"], 3)
        self.assert_counters(number)

        broken.unlink()
        self.assertEqual(control.request("POST", "/api/v1/reconciliation/continue", role="viewer")[0], 403)
        answer = control.request("POST", "/api/v1/reconciliation/continue", {"reason": "the disk is mended"})
        self.assertEqual((answer[0], answer[1]["data"]), (200, {"outcome": "continued", "failures": 3}))
        wait_until(lambda: [row[2] for row in self.taken()[3:]] == ["success"] * 4,
                   lambda: f"all are served: {self.taken()}\n{self.describe(number)}", 60)
        self.assertEqual(sorted(node for node, _, _ in self.taken()[3:]), ["1", "2", "3", "4"])
        self.assert_at_rest(control, number, before)
        self.assertEqual([edge.live_version() for edge in edges], ["1"] * 4)
        self.assertEqual(control.metric("edgeroll_reconcile_stopped"), 0)
        self.assertEqual(self.database.rows("SELECT actor, action, object FROM audit_log "
                                            "WHERE action LIKE 'reconciliation%' AND detail LIKE '%the disk is mended%'"),
                         [["token:admin", "reconciliation.continue", "reconciliation"]])
        answer = control.request("POST", "/api/v1/reconciliation/continue")
        self.assertEqual((answer[0], answer[1]["data"]), (200, {"outcome": "unchanged", "failures": 0}))

    def test_banned_content_is_given_to_nobody(self):
        edge = self.edge(1)
        control = self.control()
        self.insert_nodes([edge])
        number = self.roll_out(control, 1, plain(1))
        lookout = Lookout(self)
        before = self.totals(control, number)
        status, answer = control.request("POST", "/api/v1/bans", {"version": 1, "reason": "it loops"})
        self.assertEqual(status, 200, answer)
        edge.wipe()
        self.wait_node_is(control, "edge-1", driftKind="empty")
        self.wait_waiting(control, ["banned", ["edge-1"]])
        lookout.wait_looks()
        self.assertEqual((self.taken(), edge.live_version(), self.totals(control, number)), ([], None, before))
        self.assertEqual(control.request("DELETE", f"/api/v1/bans/{answer['data']['sha256']}")[0], 200)
        self.wait_taken(["1", "empty", "success"])
        self.assertEqual(edge.live_version(), "1")
        self.assert_at_rest(control, number, before)

    def test_a_node_waits_for_a_later_release_that_has_it(self):
        edges = self.edges(2)
        control = self.control()
        self.insert_nodes(edges)
        number = self.roll_out(control, 1, plain(1))
        before = self.totals(control, number)
        self.insert_config(2, plain(2))
        later = self.create(control, version=2, batch_config={"batches": [1, "rest"],
                                                              "pause_after_batch": True})["releaseId"]
        self.wait_hold(later, "review", 1)
        lookout = Lookout(self)
        edges[1].wipe()
        self.wait_node_is(control, "edge-2", driftKind="empty", wantedVersion=1)
        self.wait_waiting(control, ["release", ["edge-2"]])
        self.assertIn(f"release {later} ", self.told(control)["waiting"][0]["text"])
        lookout.wait_looks()
        self.assertEqual((self.taken(), edges[1].live_version()), ([], None))
        self.act(control, later, "stop-batch", reason="not today")
        self.wait_status(later, "cancelled")
        self.wait_taken(["2", "empty", "success"])
        self.assert_at_rest(control, number, before)
        self.assertEqual([edge.live_version() for edge in edges], ["2", "1"])


if __name__ == "__main__":
    unittest.main()

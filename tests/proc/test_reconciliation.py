"""Reconciliation: nodes that lack what they are owed get it by themselves, beside real agents and a real nginx
(docs/contract.md section 6.9)."""
import subprocess
import unittest

from harness import wait_until
from harness.basics import clean_environment
from harness.edge import NGINX, plain, site
from harness.reconcile import Lookout, ReconcileCase

TWO_FILES = {"files": [{"path": "a.conf", "content": "a of 1\n"}, {"path": "sub/b.conf", "content": "b of 1\n"}]}


class Reconciliation(ReconcileCase):
    # ---- wiped ----

    def test_a_wiped_node_serves_again_by_itself(self):
        edge, other = self.edge(1, nginx=True), self.edge(2)
        control = self.control()
        self.insert_nodes([edge, other])
        number = self.roll_out(control, 1, site(1))
        edge.wait_served("version 1 on edge-1", "/")
        before = self.totals(control, number)
        edge.wipe()
        self.wait_taken(["1", "empty", "success"])
        edge.wait_served("1")
        edge.wait_served("version 1 on edge-1", "/")
        self.wait_node_is(control, "edge-1", observedContent="whole", hasDrift=False, driftKind=None, appliedVersion=1)
        self.assert_at_rest(control, number, before)
        self.assertEqual((before["status"], before["successNodes"]), ("success", 2))
        self.assert_asked_by_reconciliation(number, "1 empty")
        self.assertEqual(self.node_rows(number, "node_id, status, attempt, joined_at"),
                         [["1", "success", "2", None], ["2", "success", "1", None]])
        self.assertEqual(control.metric('edgeroll_reconciled_nodes_total{outcome="success"}'), 1)
        self.assertEqual(control.cli("node", "list", "--drift"), (0, "no drift\n"))
        self.assertEqual(len(other.ran()), 2, "nothing more runs on the node that has its content")
        recent = self.told(control)["recent"]
        self.assertEqual([(one["releaseId"], one["nodeName"], one["cause"], one["outcome"], one["errorMsg"],
                           one["isContinued"]) for one in recent],
                         [(number, "edge-1", "empty", "success", "", False)])

    def test_a_node_that_lost_its_live_link_serves_again_by_itself(self):
        edge = self.edge(1, nginx=True)
        control = self.control()
        self.insert_nodes([edge])
        number = self.roll_out(control, 1, site(1))
        before = self.totals(control, number)
        edge.stop_web_server()
        (edge.root / "live").unlink()
        self.wait_taken(["1", "empty", "success"])
        edge.wait_served("version 1 on edge-1", "/")
        self.wait_node_is(control, "edge-1", observedContent="whole", hasDrift=False)
        self.assert_at_rest(control, number, before)

    # ---- new ----

    def test_a_new_node_joins_the_last_release_outside_its_totals(self):
        edge, late = self.edge(1), self.edge(2)
        control = self.control()
        self.insert_nodes([edge])
        number = self.roll_out(control, 1, plain(1))
        before = self.totals(control, number)
        self.assertEqual(self.add_node(control, late), 2)
        self.wait_taken(["2", "new", "success"])
        self.assertEqual(late.live_version(), "1")
        self.wait_node_is(control, "edge-2", observedContent="whole", hasDrift=False, appliedVersion=1)
        self.assert_at_rest(control, number, before)
        self.assertEqual(before["totalNodes"], 1)
        self.assertEqual(self.node_rows(number, "node_id, batch, status, joined_at IS NOT NULL"),
                         [["2", "0", "success", "1"], ["1", "1", "success", "0"]])
        self.assertEqual(self.events_of(number, "node_joined", "actor, node_id"), [["edgeroll", "2"]])
        self.assert_asked_by_reconciliation(number, "1 new")

    def test_a_new_node_without_the_labels_gets_nothing(self):
        edge, foreign, late = self.edges(3)
        control = self.control()
        self.add_node(control, edge, labels={"region": "eu"})
        number = self.roll_out(control, 1, plain(1), selector={"labels": {"region": "eu"}})
        lookout = Lookout(self)
        before = self.totals(control, number)
        self.add_node(control, foreign, labels={"region": "us"})
        self.wait_node_is(control, "edge-2", observedContent="empty", wantedVersion=None)
        lookout.wait_looks()
        self.assertEqual(self.taken(), [])
        late_id = self.add_node(control, late, labels={"region": "eu", "rack": "7"})
        self.wait_taken([str(late_id), "new", "success"])
        self.assert_at_rest(control, number, before)
        self.assertEqual([one.live_version() for one in (edge, foreign, late)], ["1", None, "1"])

    def test_a_node_that_was_in_maintenance_gets_it_once_it_is_in_service(self):
        edges = self.edges(2)
        control = self.control()
        self.insert_nodes(edges)
        self.database.execute("UPDATE nodes SET status = 'maintenance' WHERE id = 2")
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1, 2]])
        self.wait_status(1, "success")
        self.assertEqual(self.statuses(1), {1: "success", 2: "skipped"})
        lookout = Lookout(self)
        self.wait_node_is(control, "edge-2", observedContent="empty", driftKind="empty")
        lookout.wait_looks()
        self.assertEqual((self.taken(), edges[1].live_version()), ([], None))
        self.assertEqual(control.request("PATCH", "/api/v1/nodes/2", {"status": "online"})[0], 200)
        self.wait_taken(["2", "new", "success"])
        self.wait_status(1, "success")
        self.assertEqual(edges[1].live_version(), "1")
        self.assertEqual(self.node_rows(1, "node_id, batch, status, joined_at"),
                         [["1", "1", "success", None], ["2", "1", "success", None]])

    # ---- changed by hand ----

    def test_a_file_edited_by_hand_is_written_again_only_under_all(self):
        edge = self.edge(1, nginx=True)
        control = self.control("new")
        self.insert_nodes([edge])
        number = self.roll_out(control, 1, site(1))
        lookout = Lookout(self)
        before = self.totals(control, number)
        page = edge.root / "live" / "conf.d" / "site.conf"
        original = page.read_text()
        page.write_text(original.replace("version 1 on", "edited on"))
        subprocess.run([NGINX, "-b", "-d", edge.folder, "reload"], check=True,
                       env=clean_environment(EDGEROLL_LIVE=edge.root / "live"))
        edge.wait_served("edited on edge-1", "/")
        self.wait_node_is(control, "edge-1", driftKind="changed_on_disk")
        lookout.wait_looks()
        self.assert_at_rest(control, number, before)
        self.assertEqual((self.taken(), self.nodes(control)["edge-1"]["driftKind"]), ([], "changed_on_disk"))
        self.assertIn("edited on", page.read_text())
        control = self.control_again(control, "all")
        self.wait_taken(["1", "changed_on_disk", "success"])
        edge.wait_served("version 1 on edge-1", "/")
        self.assertEqual(page.read_text(), original)
        self.assertRegex(edge.program.log(), rf"event=repair task={edge.task(1)}_2 version=1 "
                                             "found=\"conf.d/site.conf was changed\"")
        self.wait_node_is(control, "edge-1", observedContent="whole", hasDrift=False)
        self.assert_at_rest(control, number, before)
        self.assert_asked_by_reconciliation(number, "1 changed_on_disk")

    # ---- deferred ----

    def test_a_deferred_node_gets_what_it_missed_beside_heartbeats(self):
        edges = self.edges(2)
        control = self.control(RELEASE_DISPATCH_TIMEOUT_SEC=3)
        self.insert_nodes(edges)
        self.roll_out(control, 1, plain(1))
        edges[1].program.stop()
        self.wait_node_is(control, "edge-2", status="offline")
        number = self.roll_out(control, 2, plain(2), max_unreachable=1)
        self.assertEqual(self.statuses(number), {1: "success", 2: "deferred"})
        self.assertEqual((self.taken(), edges[1].live_version()), ([], "1"))
        edges[1].start()
        self.wait_taken(["2", "deferred", "success"])
        self.assertEqual(edges[1].live_version(), "2")
        self.wait_node_is(control, "edge-2", status="online", observedContent="whole", hasDrift=False, appliedVersion=2)
        self.assert_at_rest(control, number, {
            "status": "success", "totalNodes": 2, "successNodes": 2, "failedNodes": 0, "skippedNodes": 0,
            "deferredNodes": 0, "cancelledNodes": 0})
        self.assert_asked_by_reconciliation(number, "1 deferred")

    # ---- an agent that is killed ----

    def kill_in_repair(self, command):
        """Kills the agent while this command of a repair runs, and starts it again. Returns what was live then."""
        edge = self.edge(1)
        control = self.control("all")
        self.insert_nodes([edge])
        number = self.roll_out(control, 1, TWO_FILES)
        before = self.totals(control, number)
        edge.hold(command)
        page = edge.root / "live" / "a.conf"
        page.write_text("# by hand\n")
        wait_until(lambda: edge.runs_of(f"{edge.task(1)}_2", command), lambda: f"a repair\n{edge.program.tail()}")
        edge.program.kill()
        found = page.read_text()
        self.assert_live_is_whole(edge, found)
        edge.let_go()
        edge.start()
        self.assert_live_is_whole(edge, "# by hand\n", "a of 1\n")
        wait_until(lambda: self.taken() and self.taken()[0][2], lambda: f"it ends: {self.taken()}\n{edge.program.tail()}", 60)
        self.wait_status(number, "success")
        (_, _, outcome), = self.taken()
        # Repaired, or as it was found, and then told so.
        self.assert_live_is_whole(edge, {"success": "a of 1\n", "failed": "# by hand\n"}[outcome])
        if outcome == "failed":
            self.assertIn(f"the agent was restarted during {command}", self.told(control)["recent"][0]["errorMsg"])
            answer = control.request("POST", "/api/v1/reconciliation/continue")
            self.assertEqual((answer[0], answer[1]["data"]), (200, {"outcome": "continued", "failures": 1}))
            self.wait_taken(["1", "changed_on_disk", "failed"], ["1", "changed_on_disk", "success"])
        self.assert_live_is_whole(edge, "a of 1\n")
        self.wait_node_is(control, "edge-1", observedContent="whole", hasDrift=False)
        self.assert_at_rest(control, number, before)
        return found

    def assert_live_is_whole(self, edge, *texts):
        """A link to the folder of the version, with all of its files."""
        live = edge.root / "live"
        self.assertEqual((edge.live_version(), (live / "sub" / "b.conf").read_text(),
                          (live / "edgeroll-version").read_text().strip()), ("1", "b of 1\n", "1"))
        self.assertIn((live / "a.conf").read_text(), texts)

    def test_an_agent_killed_in_a_repair_before_its_switch_is_repaired_in_the_end(self):
        self.assertEqual(self.kill_in_repair("check"), "# by hand\n")

    def test_an_agent_killed_in_a_repair_after_its_switch_is_repaired_in_the_end(self):
        self.assertEqual(self.kill_in_repair("reload"), "a of 1\n")


if __name__ == "__main__":
    unittest.main()

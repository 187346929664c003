"""Going back, on edges with a real nginx that are asked with curl."""
import unittest

from harness import ProcCase, wait_until
from harness.basics import run
from harness.edge import WEB_PORT, site


class Rollback(ProcCase):
    def setUp(self):
        super().setUp()
        self.one_control = self.control()

    def begin(self, count, **options):
        self.nginxes = self.edges(count, nginx=True, **options)
        self.insert_nodes(self.nginxes)
        for version in (1, 2):
            self.insert_config(version, site(version))

    def roll_out(self, version, status="success", **body):
        number = self.create(self.one_control, version=version, **body)["releaseId"]
        self.wait_status(number, status)
        return number

    def undo(self, number, **body):
        data = self.act(self.one_control, number, "rollback", **body)
        self.wait_status(data["releaseId"], "success")
        return data

    def curl(self, edge, path="/"):
        status, output = run(["curl", "-fsS", "--max-time", "5", f"http://{edge.address}:{WEB_PORT}{path}"])
        self.assertEqual(status, 0, f"{edge.name}: {output}")
        return output.strip()

    def assert_serves(self, text, version):
        """Every edge answers with this text and calls it this version."""
        wanted = [(f"{text} on {edge.name}", str(version)) for edge in self.nginxes]

        def served():
            return [(self.curl(edge), self.curl(edge, "/edgeroll-version")) for edge in self.nginxes]
        # A worker that nginx has told to go may take a last connection after its successor answered.
        wait_until(lambda: served() == wanted, lambda: f"{wanted} is served: {served()}")

    def test_an_undone_version_leaves_every_edge_and_is_banned(self):
        self.begin(3)
        self.roll_out(1)
        self.assert_serves("version 1", 1)
        second = self.roll_out(2)
        self.assert_serves("version 2", 2)

        data = self.undo(second, reason="errors after the switch")
        self.assertEqual([data["version"], data["totalNodes"], data["leftAlone"]], [3, 3, []])
        self.assert_serves("version 1", 3)
        told = self.one_control.release(data["releaseId"])
        self.assertEqual([told["rollsBack"], self.one_control.release(second)["rolledBackBy"]],
                         [second, data["releaseId"]])
        self.assert_refused(self.one_control, second, "rollback", says="rolled back")
        self.assertEqual(self.database.rows("SELECT DISTINCT applied_version FROM nodes"), [["3"]])
        for node in self.one_control.request("GET", "/api/v1/nodes")[1]["data"]["items"]:
            self.assertEqual([node["hasDrift"], node["wantedSha256"]], [False, node["appliedSha256"]], node)

        # The same bytes again under another number: refused, unless somebody insists.
        self.insert_config(4, site(2))
        refusal = self.create(self.one_control, status=409, version=4)
        self.assertEqual(refusal["code"], 3003, refusal)
        self.assertIn("banned", refusal["message"])
        self.assert_serves("version 1", 3)
        self.roll_out(4, force=True)
        self.assert_serves("version 2", 4)

    def test_a_pipelines_release_of_a_banned_content_fails_before_any_edge_is_asked(self):
        self.begin(2)
        self.roll_out(1)
        self.undo(self.roll_out(2))
        self.insert_config(4, site(2))
        self.insert_release(40, [[1], [2]], version=4)
        self.wait_status(40, "failed")
        self.assertIn("banned", self.release_row(40, "last_error")[0])
        self.assertEqual([edge.runs_of(edge.task(4), "check") for edge in self.nginxes], [0, 0])
        self.assert_serves("version 1", 3)

    def test_on_failure_rollback_brings_the_first_edge_back(self):
        # Version 2 is fine for nginx, but the second edge's own look at its content says no.
        looks = ("if [ \"$EDGEROLL_LABEL_STRICT\" = yes ]; then "
                 "! grep -q 'version 2' \"$EDGEROLL_LIVE/conf.d/site.conf\"; fi")
        self.begin(3, AGENT_VERIFY_CMD=looks)
        self.database.execute("UPDATE nodes SET labels = '{\"strict\":\"yes\"}' WHERE id = 2")
        self.roll_out(1)
        number = self.roll_out(2, "failed", batch_config={"batch_size": 1, "on_failure": "rollback"})
        self.assertEqual(self.statuses(number), {1: "success", 2: "failed", 3: "skipped"})
        self.assertIn("verify", self.node_rows(number, "error_msg")[1][0])
        undoing = "SELECT id, version, created_by FROM release_tasks WHERE rolls_back = " + str(number)
        wait_until(lambda: self.database.rows(undoing), lambda: "a rollback follows\n" + self.describe(number))
        [[new, version, creator]] = self.database.rows(undoing)
        self.assertEqual(creator, "edgeroll")
        self.wait_status(new, "success")
        self.assertEqual([[self.curl(edge), self.curl(edge, "/edgeroll-version")] for edge in self.nginxes],
                         [["version 1 on edge-1", version], ["version 1 on edge-2", version], ["version 1 on edge-3", "1"]])
        self.assertEqual(self.node_rows(new, "node_id, batch"), [["1", "1"], ["2", "1"]])  # the first look has up to three nodes
        self.assert_refused(self.one_control, number, "rollback", says="rolled back by release")
        self.assert_refused(self.one_control, number, "retry", says="rolled back by release")

    def test_a_stopped_rollback_is_taken_up_again(self):
        self.begin(3)
        self.roll_out(1)
        second = self.roll_out(2)
        self.nginxes[1].hold()
        number = self.act(self.one_control, second, "rollback")["releaseId"]
        self.wait_node(number, 1, "success")
        self.nginxes[1].wait_ran(3)
        self.act(self.one_control, number, "stop-batch", reason="wait")
        self.wait_status(number, "cancelled")
        self.nginxes[1].let_go()
        self.assertEqual(self.statuses(number)[1], "success")
        self.assertEqual(self.curl(self.nginxes[1]), "version 2 on edge-2", self.describe(number))
        self.assert_refused(self.one_control, second, "rollback", says="rolled back")
        refusal = self.create(self.one_control, status=409, from_release=number)
        self.assertIn("retry it instead", refusal["message"])
        self.act(self.one_control, number, "retry", reason="now")
        self.wait_status(number, "success")
        self.assert_serves("version 1", 3)

    def test_names_the_node_whose_earlier_content_nobody_saw(self):
        self.begin(3)
        self.insert_release(1, [[1, 2]])
        self.wait_status(1, "success")
        data = self.undo(self.roll_out(2))
        self.assertEqual([node["nodeName"] for node in data["leftAlone"]], ["edge-3"])
        self.assertEqual(self.events_of(data["releaseId"], "node_left_alone", "node_id"), [["3"]])
        self.assertEqual([self.curl(edge) for edge in self.nginxes],
                         ["version 1 on edge-1", "version 1 on edge-2", "version 2 on edge-3"])

    def test_refuses_to_undo_below_a_later_release_unless_forced(self):
        self.begin(2)
        self.roll_out(1)
        second = self.roll_out(2)
        self.insert_config(3, site(3))
        self.roll_out(3)
        self.assert_refused(self.one_control, second, "rollback", says="later")
        self.assert_serves("version 3", 3)
        data = self.undo(second, force=True)
        self.assert_serves("version 1", data["version"])

    def test_names_the_release_in_the_way_and_forgets_it_once_it_is_undone(self):
        self.begin(2)
        self.roll_out(1)
        second = self.roll_out(2)
        self.insert_config(3, site(3))
        third = self.roll_out(3)
        self.assert_refused(self.one_control, second, "rollback", says=f"First roll back release {third}")
        seen = self.one_control.release(second)
        self.assertNotIn("rollback", seen["actions"])
        self.assertIn(f"release {third} (version 3)", seen["rollback"]["obstacle"])
        status, output = self.one_control.cli("release", "explain", str(second))
        self.assertEqual(status, 0, output)
        self.assertIn("A rollback would be refused", output)
        self.assertNotIn(f"edgeroll release rollback {second} ", output)
        self.undo(third)
        status, answer = self.one_control.request("POST", f"/api/v1/releases/{second}/rollback", {"dry_run": True})
        self.assertEqual(status, 200, answer)
        plan = answer["data"]
        self.assertEqual([(node["nodeName"], node["configVersion"]) for node in plan["nodes"]],
                         [("edge-1", 1), ("edge-2", 1)])
        self.assertEqual({node["sha256"] for node in plan["nodes"]},
                         {self.one_control.request("GET", "/api/v1/configs/1")[1]["data"]["sha256"]})
        self.assert_serves("version 2", 4)
        data = self.undo(second)
        self.assertEqual([batch["nodeIds"] for batch in data["batches"]], [batch["nodeIds"] for batch in plan["batches"]])
        self.assert_serves("version 1", data["version"])


if __name__ == "__main__":
    unittest.main()

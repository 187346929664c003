"""How much may fail, how many at once, how often again."""
import threading
import unittest

from harness import ProcCase, wait_until
from harness.basics import PATIENCE
from harness.edge import plain


class MostRunning(threading.Thread):
    """Looks at the database all the time: the most rows that were `running` together, by this grouping."""

    def __init__(self, database, group="''"):
        super().__init__(daemon=True)
        self._database, self._query = database, (
            "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM release_task_nodes r JOIN nodes ON nodes.id = r.node_id "
            f"WHERE r.status = 'running' GROUP BY {group})")
        self._is_over = threading.Event()
        self.most = 0
        self.start()

    def run(self):
        while not self._is_over.wait(0.02):
            self.most = max(self.most, int(self._database.rows(self._query)[0][0] or 0))

    def discard(self):
        self._is_over.set()
        self.join()


class Limits(ProcCase):
    def setUp(self):
        super().setUp()
        self.one_control = self.control(RELEASE_DISPATCH_TIMEOUT_SEC=1.5)

    def begin(self, agents, labels=None, **batch_config):
        self.insert_nodes(agents)
        for node, region in (labels or {}).items():
            self.database.execute(f"UPDATE nodes SET labels = '{{\"region\":\"{region}\"}}' WHERE id = {node}")
        self.insert_config(1, plain(1))
        return self.create(self.one_control, version=1, batch_config=batch_config)["releaseId"]

    def count(self, number, status):
        return sum(one == status for one in self.statuses(number).values())

    def drifting(self):
        answer = self.one_control.request("GET", "/api/v1/nodes?drift=1")[1]["data"]
        return [node["name"] for node in answer["items"]]

    def wait_running(self, number, count):
        wait_until(lambda: self.count(number, "running") == count,
                   lambda: f"{count} nodes run\n{self.describe(number)}")

    def test_threshold_of_one_lets_one_fail_and_stops_at_the_second(self):
        fleet = self.fleet(4)
        fleet.fail(1, tasks=1)
        number = self.begin(fleet.agents.values(), batch_size=1, failure_threshold=1)
        self.wait_status(number, "success")
        self.assertEqual(self.release_row(number), ["success", "3", "1"])
        self.assertIn("edge-1 is broken", self.node_rows(number, "error_msg")[0][0])
        fleet.fail(1)
        fleet.fail(2)
        self.insert_config(2, plain(2))
        number = self.create(self.one_control, version=2,
                             batch_config={"batch_size": 1, "failure_threshold": 1})["releaseId"]
        self.wait_status(number, "failed")
        self.assertEqual(self.statuses(number), {1: "failed", 2: "failed", 3: "skipped", 4: "skipped"})
        self.assert_counters(number)

    def test_batch_fail_rate_is_measured_in_the_batch(self):
        fleet = self.fleet(8)
        fleet.fail(1)
        fleet.fail(5)
        fleet.fail(6)
        number = self.begin(fleet.agents.values(), batch_size=4, max_batch_fail_rate=25)
        self.wait_status(number, "failed")  # 1 of 4 may fail, 2 of 4 may not
        self.assertEqual([self.statuses(number)[node] for node in (1, 2, 3, 4, 5, 6)],
                         ["failed", "success", "success", "success", "failed", "failed"])
        self.assertEqual(self.release_row(number, "current_batch"), ["2"])

    def test_on_failure_pause_waits_and_continue_waives(self):
        fleet = self.fleet(3)
        fleet.fail(1)
        number = self.begin(fleet.agents.values(), batch_size=1, on_failure="pause")
        self.wait_hold(number, "failure", 1)
        self.assertEqual(self.one_control.release(number)["waitingFor"]["nodes"], ["edge-1"])
        self.act(self.one_control, number, "continue-batch", reason="edge-1 is known to be broken")
        self.wait_status(number, "success")
        self.assertEqual(self.release_row(number, "success_nodes, failed_nodes, waived_failures"), ["2", "1", "1"])

    def test_never_more_than_max_parallel_run_and_a_patch_holds_at_once(self):
        # Real agents, held in their check: a `running` row is a task that really runs.
        agents = self.edges(6)
        for edge in agents:
            edge.hold()
        watch = self.keep(MostRunning(self.database))
        number = self.begin(agents, batches=["rest"], max_parallel=2)
        agents[1].wait_ran(1)
        self.wait_running(number, 2)
        answer = self.one_control.release(number)
        self.assertIn("max_parallel is 2", answer["waitingFor"]["reason"])
        agents[0].let_go()  # its slot goes to the next one
        agents[2].wait_ran(1)
        self.wait_running(number, 2)
        self.assertEqual((watch.most, [len(edge.ran()) for edge in agents[3:]]), (2, [0, 0, 0]))
        other = self.control(name="other", RELEASE_EXECUTOR_ENABLED=0)  # not the owner
        self.assertEqual(self.limit(other, number, max_parallel=4, reason="they look well")["maxParallel"], 4)
        agents[4].wait_ran(1)
        self.wait_running(number, 4)
        self.assertEqual((watch.most, agents[5].ran()), (4, []))
        self.limit(self.one_control, number, max_parallel=1)  # interrupts nobody, starts nobody
        agents[1].let_go()
        self.wait_node(number, 2, "success")
        self.wait_running(number, 3)
        self.assertIsNone(self.limit(self.one_control, number, max_parallel=None)["maxParallel"])
        agents[5].wait_ran(1)
        for edge in agents:
            edge.let_go()
        self.wait_status(number, "success")
        self.assertEqual(watch.most, 4)
        self.assertEqual(len(self.events_of(number, "limits_changed")), 3)

    def test_each_region_has_its_own_pool(self):
        fleet = self.fleet(6)
        fleet.hold(*fleet.agents)
        watch = self.keep(MostRunning(self.database, "nodes.labels"))
        number = self.begin(fleet.agents.values(), {1: "eu", 2: "eu", 3: "eu", 4: "us"}, batches=["rest"],
                            max_parallel_per={"region": 1})
        self.wait_running(number, 3)  # one of eu, one of us, one of those without
        self.assertEqual([node for node, status in self.statuses(number).items() if status == "running"], [1, 4, 5])
        fleet.let_go(1)
        self.wait_node(number, 2, "running")
        self.assertEqual(watch.most, 1)
        self.limit(self.one_control, number, max_parallel_per={"region": {"eu": 2, "*": 1}})
        self.wait_node(number, 3, "running")
        self.assertEqual((self.statuses(number)[6], watch.most), ("pending", 2))
        fleet.let_go()
        self.wait_status(number, "success")
        self.assertEqual(watch.most, 2)

    def test_second_attempt_of_a_real_agent_succeeds_under_its_own_task(self):
        fails_once = self.folder / "failed"
        edge = self.edge(1, AGENT_RELOAD_CMD=f"if [ ! -e '{fails_once}' ]; then touch '{fails_once}'; echo no worker >&2; exit 1; fi")
        number = self.begin([edge], retries=2)
        self.wait_status(number, "success")
        self.assertEqual(self.node_rows(number, "status, attempt, agent_task_id"),
                         [["success", "2", f"{edge.task(1)}_2"]])
        reports = [edge.call("GET", f"/tasks/{edge.task(1)}{suffix}")[1]["data"]["status"] for suffix in ("", "_2")]
        self.assertEqual((reports, edge.live_version()), (["failed", "success"], "1"))
        self.assertEqual(self.release_row(number), ["success", "1", "0"])

    def test_last_of_three_attempts_counts_as_one_failure(self):
        fleet = self.fleet(1)
        fleet.fail(1)
        number = self.begin(fleet.agents.values(), retries=2)
        self.wait_status(number, "failed")
        task = f"apply_config_{fleet.agents[1].address}_1"
        self.assertEqual(fleet.dispatches(), {task: 1, f"{task}_2": 1, f"{task}_3": 1})
        self.assertEqual(self.release_row(number), ["failed", "0", "1"])

    def test_dead_agent_is_deferred_and_taken_up_again_when_it_is_back(self):
        fleet = self.fleet(3)
        dead = self.edge(4, starts=False)
        number = self.begin([*fleet.agents.values(), dead], batch_size=4, max_unreachable="30%")
        self.wait_status(number, "success")
        self.assertEqual(self.statuses(number), {1: "success", 2: "success", 3: "success", 4: "deferred"})
        answer = self.one_control.release(number)
        self.assertEqual([answer["deferredNodes"], answer["failedNodes"], "retry" in answer["actions"]], [1, 0, True])
        dead.start()
        data = self.act(self.one_control, number, "retry", reason="edge-4 is back")
        self.assertEqual([node["nodeName"] for node in data["nodes"]], ["edge-4"])
        self.wait_node(number, 4, "success")
        self.wait_status(number, "success")
        self.assertEqual((dead.live_version(), set(fleet.dispatches().values())), ("1", {1}))
        self.assertEqual(self.release_row(number), ["success", "4", "0"])

    def test_when_the_canary_is_away_others_go_one_by_one_until_somebody_has_looked(self):
        canary = self.edge(1, starts=False)
        blind = self.edge(2, AGENT_CHECK_CMD=None, AGENT_VERIFY_CMD=None)
        looking = self.edge(3)
        looking.hold()
        others = [self.edge(number) for number in (4, 5)]
        number = self.begin([canary, blind, looking, *others], batches=["1", "rest"], max_unreachable=1,
                            min_evidence="check")
        looking.wait_ran(number)
        self.assertEqual(self.statuses(number),
                         {1: "deferred", 2: "success", 3: "running", 4: "pending", 5: "pending"})
        self.assertIn("by a check (min_evidence): it goes alone", self.one_control.release(number)["waitingFor"]["reason"])
        looking.let_go()
        self.wait_status(number, "success")
        self.assertEqual(self.node_rows(number, "evidence"), [[None], [""], ["check"], ["check"], ["check"]])
        self.assertEqual([kind for kind in ("probation_began", "probation_ended") if self.events_of(number, kind)],
                         ["probation_began", "probation_ended"])
        status, told = self.one_control.cli("release", "explain", str(number))
        self.assertEqual(status, 0, told)
        self.assertIn("On 1 of 4 of them nobody has looked at the content", told)
        self.assertIn("edge-3: check", told)
        self.assertRegex(self.one_control.cli("node", "list")[1], r"edge-2 .* nobody")

    def test_deferred_node_catches_up_by_itself_once_it_is_back(self):
        self.one_control.program.stop()
        self.one_control = self.control(name="catching-up", RELEASE_DISPATCH_TIMEOUT_SEC=1,
                                        RELEASE_CATCH_UP_INTERVAL_SEC=0.2)
        living, dead = self.edge(1), self.edge(2, starts=False)
        number = self.begin([living, dead], batches=["rest"], max_unreachable=1)
        self.wait_node(number, 2, "deferred")
        wait_until(lambda: self.drifting() == ["edge-2"], self.drifting)
        dead.start()
        self.wait_node(number, 2, "success")
        self.wait_status(number, "success")
        self.assertEqual((dead.live_version(), living.live_version()), ("1", "1"))
        asked = self.database.rows("SELECT actor FROM release_events WHERE kind = 'retry_requested'")
        self.assertEqual([row[0] for row in asked], ["edgeroll"])

    def test_more_dead_agents_than_allowed_fail_the_release(self):
        fleet = self.fleet(2)
        dead = [self.edge(number, starts=False) for number in (3, 4)]
        number = self.begin([*fleet.agents.values(), *dead], batches=["rest"], max_unreachable=1)
        self.wait_status(number, "failed", PATIENCE * 2)
        self.assertEqual([self.count(number, status) for status in ("success", "deferred", "failed")], [2, 1, 1])

    def test_retry_of_a_failed_release_takes_up_what_failed_and_what_was_skipped(self):
        fleet = self.fleet(4)
        fleet.fail(2, tasks=1)
        number = self.begin(fleet.agents.values(), batch_size=1)
        self.wait_status(number, "failed")
        self.assertEqual(self.statuses(number), {1: "success", 2: "failed", 3: "skipped", 4: "skipped"})
        data = self.act(self.one_control, number, "retry", reason="edge-2 is mended")
        self.assertEqual([(node["nodeId"], node["batch"]) for node in data["nodes"]], [(2, 2), (3, 3), (4, 4)])
        wait_until(lambda: self.release_row(number) == ["success", "4", "0"], lambda: self.describe(number))
        self.assertEqual(self.node_rows(number, "attempt, attempts_before, agent_task_id")[1],
                         ["2", "1", f"apply_config_{fleet.agents[2].address}_1_2"])
        self.assertEqual(set(fleet.dispatches().values()), {1}, fleet.dispatches())

    def test_retry_of_some_nodes_is_no_success_while_a_limit_left_out_others(self):
        fleet = self.fleet(4)
        fleet.fail(2, tasks=1)
        number = self.begin(fleet.agents.values(), batch_size=1)
        self.wait_status(number, "failed")
        self.act(self.one_control, number, "retry", nodes=["edge-2", 3])
        wait_until(lambda: self.release_row(number) == ["failed", "3", "0"], lambda: self.describe(number))
        self.assertEqual((self.statuses(number)[4], fleet.asked()), ("skipped", [1, 2, 3]))
        self.assertIn("1 node that was not dispatched", self.release_row(number, "last_error")[0])
        self.act(self.one_control, number, "retry")
        wait_until(lambda: self.release_row(number) == ["success", "4", "0"], lambda: self.describe(number))
        self.assertEqual(set(fleet.dispatches().values()), {1}, fleet.dispatches())

    def test_retry_of_one_failed_node_is_no_success_while_others_stay_failed(self):
        fleet = self.fleet(4)
        for node in (2, 3, 4):
            fleet.fail(node, tasks=1)
        number = self.begin(fleet.agents.values(), batches=["rest"])
        self.wait_status(number, "failed")
        self.assertEqual(self.statuses(number), {1: "success", 2: "failed", 3: "failed", 4: "failed"})
        self.act(self.one_control, number, "retry", nodes=["edge-2"])
        wait_until(lambda: self.release_row(number) == ["failed", "2", "2"], lambda: self.describe(number))
        self.assertEqual(self.release_row(number, "last_error"), ["2 failed nodes were left out of the retry"])
        self.assertIn("retry", self.one_control.release(number)["actions"])
        self.act(self.one_control, number, "retry")
        wait_until(lambda: self.release_row(number) == ["success", "4", "0"], lambda: self.describe(number))
        self.assertEqual(set(fleet.dispatches().values()), {1}, fleet.dispatches())


if __name__ == "__main__":
    unittest.main()

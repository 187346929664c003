"""Several controls on one MariaDB, and a MariaDB that goes away."""
import threading
import time
import unittest

from harness import MariaDb, ProcCase, say_when, wait_until
from harness.edge import plain


class ManyControls(ProcCase):
    def setUp(self):
        super().setUp()
        self.database = MariaDb(self.folder / "mariadb")

    def test_three_controls_share_twelve_releases_without_a_double_dispatch(self):
        # Six groups of two nodes, two releases for each group. Two-call agents count what they are sent, real
        # ones what they run. Nothing finishes until each control has a release of its own.
        is_open = threading.Event()
        real = self.edges(2)
        counting = [self.two_call_agent(number, outcome=lambda known: ("success" if is_open.is_set() else "running", ""))
                    for number in range(3, 13)]
        for edge in real:
            edge.hold()
        controls = [self.control(name=f"control-{n}", RELEASE_EXECUTOR_MAX_RELEASES=1) for n in (1, 2, 3)]
        self.insert_nodes([*real, *counting])
        for number in range(1, 13):
            self.insert_config(number, plain(number))
            node = (number - 1) % 6 * 2 + 1
            self.insert_release(number, [[node], [node + 1]])
        owners = "SELECT COUNT(DISTINCT claimed_by), COUNT(*) FROM release_tasks WHERE status = 'running'"
        wait_until(lambda: self.database.rows(owners) == [["3", "3"]], "each of the three controls runs one release")
        is_open.set()
        for edge in real:
            edge.let_go()
        wait_until(lambda: self.database.rows("SELECT COUNT(*) FROM release_tasks WHERE status = 'success'") == [["12"]],
                   lambda: "all twelve succeed\n" + "\n".join(self.describe(n) for n in range(1, 13)), 120)
        dispatches = {}
        for agent in counting:
            for task, known in agent.tasks.items():
                dispatches[task] = known["dispatches"]
        self.assertEqual(set(dispatches.values()), {1}, dispatches)
        runs = [line for edge in real for line in edge.ran()]
        self.assertEqual(len(runs), len(set(runs)), runs)
        self.assertEqual((len(dispatches), len(runs)), (20, 8))  # a real one runs a check and a reload for each task
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM release_task_nodes WHERE attempt <> 1"), [["0"]])
        for number in range(1, 13):
            self.assert_counters(number)
        self.assertTrue(all(control.program.is_alive() for control in controls))

    def test_nothing_is_lost_when_the_database_is_dead_for_five_seconds(self):
        edges = self.edges(4)
        control = self.control()
        self.insert_nodes(edges)
        self.insert_config(1, plain(1))
        for edge in edges[1:3]:
            edge.hold()
        self.insert_release(1, [[1], [2, 3], [4]])
        for edge in edges[1:3]:
            edge.wait_ran(1)
        self.database.server.kill()
        died = time.monotonic()
        for edge in edges[1:3]:  # their results come while there is nobody to write them down
            edge.let_go()
        wait_until(lambda: control.get_raw("/readyz")[0] == 503, "readiness says that the database is away", 10)
        self.assertEqual(control.get_raw("/healthz")[0], 200)
        status, answer = control.request("GET", "/api/v1/releases/1")
        self.assertEqual((status, answer["code"]), (503, 5002), answer)
        self.assertIn("Retry-After", control.last_headers)
        time.sleep(max(0, died + 5 - time.monotonic()))  # the outage itself: five seconds
        self.database.server.start()
        self.wait_status(1, "success")
        self.assertEqual(self.release_row(1), ["success", "4", "0"])
        for edge in edges:
            self.assertEqual(edge.ran(), [f"{edge.task(1)} check", f"{edge.task(1)} reload"], edge.name)
        wait_until(control.is_ready, "control is ready again")
        self.assert_counters(1)

    def test_refuses_an_old_schema_and_is_content_after_migrate(self):
        control = self.control(starts=False, MIGRATE=0)
        status, output = control.run("serve")
        self.assertEqual(status, 2, output)
        self.assertEqual(len(output.strip().splitlines()), 1, output)
        self.assertIn("migrate", output)
        self.assertNotIn("p@ss", output)
        status, output = control.run("migrate")
        self.assertEqual(status, 0, output)
        status, output = control.run("check")
        self.assertEqual(status, 0, output)
        self.assertNotIn("p@ss", output)
        self.assertNotIn("p%40ss", output)
        control.start()
        self.assertEqual(control.program.stop(5), 0)

    def test_waits_for_a_database_that_answers_again_after_start(self):
        control = self.control()
        self.database.server.kill()
        wait_until(lambda: control.get_raw("/readyz")[0] == 503, "not ready", 10)
        self.assertTrue(control.program.is_alive())
        self.database.server.start()
        self.assertTrue(say_when(control.is_ready, 15), control.program.tail())


if __name__ == "__main__":
    unittest.main()

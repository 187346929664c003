"""Agents of other makes, agents that die, agents that are hostile: each costs its own slot only."""
import time
import unittest

from harness import ProcCase, wait_until
from harness.edge import plain, site

SHORT = {"RELEASE_NODE_TIMEOUT_SEC": 5, "RELEASE_DISPATCH_TIMEOUT_SEC": 3, "AGENT_CONNECT_TIMEOUT_SEC": 1,
         "AGENT_REQUEST_TIMEOUT_SEC": 1}


def http(body, status="200 OK", kind="application/json", length=None):
    text = body.encode() if isinstance(body, str) else body
    size = len(text) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n".encode() + text


class TwoCalls(ProcCase):
    def test_agent_that_knows_only_dispatch_and_query_works(self):
        def outcome(known):
            return ("success" if time.monotonic() - known["since"] > 0.5 else "running"), ""

        agent = self.two_call_agent(1, outcome=outcome)
        self.control()
        self.insert_nodes([agent])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        task = f"apply_config_{agent.address}_1"
        self.assertEqual(list(agent.tasks), [task])
        self.assertEqual(agent.tasks[task]["dispatches"], 1)
        sent = agent.tasks[task]["task"]
        self.assertEqual([sent["type"], sent["version"], sent["payload"]], ["apply_config", 1, plain(1)])

    def test_its_last_error_is_in_the_row(self):
        agent = self.two_call_agent(1, outcome=lambda known: ("failed", "nginx: 配置错误 \"quoted\"\nline two"))
        self.control()
        self.insert_nodes([agent])
        self.insert_release(1, [[1]])
        self.wait_status(1, "failed")
        self.assertEqual(self.node_rows(1), [["1", "failed", "exec_failed"]])
        self.assertIn("nginx: 配置错误 \"quoted\"", self.node_rows(1, "error_msg")[0][0])

    def test_it_times_out_when_it_never_finishes(self):
        agent = self.two_call_agent(1, outcome=lambda known: ("running", ""))
        control = self.control(**SHORT)
        self.insert_nodes([agent])
        self.insert_release(1, [[1]])
        self.wait_status(1, "failed")
        self.assertEqual(self.node_rows(1), [["1", "failed", "timeout"]])
        self.assertTrue(control.program.is_alive())

    def test_it_is_asked_and_not_sent_to_again_after_control_was_killed(self):
        finished = []
        agent = self.two_call_agent(1, outcome=lambda known: ("success" if finished else "running", ""))
        control = self.control()
        self.insert_nodes([agent])
        self.insert_release(1, [[1]])
        wait_until(lambda: any(method == "GET" for method, _ in agent.asked), "control polls")
        control.program.kill()
        before = len(agent.asked)
        control.start()
        wait_until(lambda: len(agent.asked) > before, "the restarted control asks")
        self.assertEqual(agent.asked[before][0], "GET", agent.asked)
        finished.append(True)
        self.wait_status(1, "success")
        self.assertEqual([known["dispatches"] for known in agent.tasks.values()], [1])


class AgentCrash(ProcCase):
    def test_task_fails_and_the_old_version_stays_when_killed_before_the_switch(self):
        edge = self.edge(1)
        self.control()
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        edge.hold("check")
        self.insert_config(2, plain(2))
        self.insert_release(2, [[1]])
        edge.wait_ran(2)
        edge.program.kill()
        self.assertEqual(edge.live_version(), "1")
        edge.let_go()
        edge.start()
        self.wait_status(2, "failed")
        self.assertEqual(self.node_rows(2), [["1", "failed", "exec_failed"]])
        self.assertIn("restart", self.node_rows(2, "error_msg")[0][0])
        self.assertEqual(edge.live_version(), "1")
        self.assertEqual(edge.runs_of(edge.task(2), "check"), 1)
        self.assertEqual(edge.runs_of(edge.task(2), "reload"), 0)
        self.insert_config(3, plain(3))
        self.insert_release(3, [[1]])
        self.wait_status(3, "success")
        self.assertEqual(edge.live_version(), "3")

    def test_task_goes_on_when_killed_after_the_switch(self):
        edge = self.edge(1, nginx=True)
        self.control()
        self.insert_nodes([edge])
        self.insert_config(1, site(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        edge.hold("reload")
        self.insert_config(2, site(2))
        self.insert_release(2, [[1]])
        edge.wait_ran(2, "reload")
        self.assertEqual(edge.live_version(), "2")
        edge.program.kill()
        edge.wait_served("1")
        edge.let_go()
        edge.start()
        self.wait_status(2, "success")
        edge.wait_served("2")
        self.assertEqual(edge.runs_of(edge.task(2), "check"), 1)

    def test_tasks_are_remembered_over_restarts(self):
        edge = self.edge(1)
        self.control()
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        before = edge.call("GET", f"/tasks/{edge.task(1)}")
        state = edge.call("GET", "/state")
        state[1]["data"].pop("diskFreeBytes")
        self.assertEqual(edge.program.stop(5), 0, edge.program.tail())
        edge.start()
        self.assertEqual(edge.call("GET", f"/tasks/{edge.task(1)}"), before)
        again = edge.call("GET", "/state")
        self.assertGreater(again[1]["data"].pop("diskFreeBytes"), 0)
        self.assertEqual(again, state)
        self.assertEqual(state[1]["data"]["appliedVersion"], 1)

    def test_edge_that_is_away_and_comes_back_in_time_gets_the_version(self):
        edge = self.edge(1, starts=False)
        self.control(RELEASE_DISPATCH_TIMEOUT_SEC=30)
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_node(1, 1, "running")
        edge.start()
        self.wait_status(1, "success")
        self.assertEqual(edge.live_version(), "1")

    def test_edge_that_stays_away_is_unreachable(self):
        edges = [self.edge(1, starts=False), self.edge(2)]
        self.control(**SHORT)
        self.insert_nodes(edges)
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1, 2]])
        self.wait_status(1, "failed")
        self.assertEqual(self.node_rows(1), [["1", "failed", "unreachable"], ["2", "success", ""]])
        self.assertIn(edges[0].address, self.node_rows(1, "error_msg")[0][0])


class Hostile(ProcCase):
    """One batch with two good edges and a hostile agent between them."""

    def run_with(self, behave, **options):
        first, last = self.edge(1), self.edge(3)
        bad = self.hostile_agent(2, behave, **options)
        control = self.control(**SHORT)
        self.insert_nodes([first, bad, last])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1, 2, 3]])
        self.wait_status(1, "failed", 60)
        self.assertGreaterEqual(bad.connections, 1)
        statuses = [row[1] for row in self.node_rows(1)]
        self.assertEqual(statuses, ["success", "failed", "success"], self.describe(1))
        self.assertEqual([first.live_version(), last.live_version()], ["1", "1"])
        error = self.node_rows(1, "error_msg")[1][0]
        self.assertTrue(error, "the failed node says nothing about why")
        # The good ones were not held up by the bad one.
        self.assertEqual(self.database.rows(
            "SELECT COUNT(*) FROM release_task_nodes a JOIN release_task_nodes b ON a.release_task_id = b.release_task_id"
            " WHERE a.status = 'success' AND b.status = 'failed' AND a.finished_at > b.finished_at"), [["0"]])
        self.assertTrue(control.program.is_alive())
        self.assert_counters(1)
        return self.node_rows(1)[1][2], error

    def test_answers_that_are_not_http(self):
        self.run_with(lambda agent, connection, request: connection.sendall(b"\x00\xff garbage\r\n\r\n" * 20))

    def test_answers_that_are_not_json(self):
        self.run_with(lambda agent, connection, request: connection.sendall(http("<html>hello</html>")))

    def test_answers_with_deep_json(self):
        self.run_with(lambda agent, connection, request: connection.sendall(http("[" * 200000)))

    def test_answers_about_another_task(self):
        answer = '{"code":0,"message":"success","data":{"taskId":"apply_config_1.2.3.4_9","status":"success"}}'
        kind, _ = self.run_with(lambda agent, connection, request: connection.sendall(http(answer)))
        self.assertNotEqual(kind, "")

    def test_answers_with_a_status_that_nobody_knows(self):
        answer = '{"code":0,"message":"success","data":{"status":"done!"}}'
        self.run_with(lambda agent, connection, request: connection.sendall(http(answer)))

    def test_hangs_before_the_handshake(self):
        self.run_with(lambda agent, connection, request: agent.is_over.wait(60), handshakes=False)

    def test_hangs_after_the_request(self):
        self.run_with(lambda agent, connection, request: agent.is_over.wait(60))

    def test_closes_before_the_handshake(self):
        self.run_with(lambda agent, connection, request: None, handshakes=False)

    def test_closes_in_the_middle_of_an_answer(self):
        self.run_with(lambda agent, connection, request: connection.sendall(http("{\"code\":", length=5000)))

    def test_streams_a_body_for_ever(self):
        def behave(agent, connection, request):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not agent.is_over.is_set():
                connection.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
        self.run_with(behave)

    def test_streams_headers_for_ever(self):
        def behave(agent, connection, request):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not agent.is_over.is_set():
                connection.sendall(b"X-More: " + b"y" * 1000 + b"\r\n")
        self.run_with(behave)

    def test_drips_a_byte_at_a_time(self):
        def behave(agent, connection, request):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not agent.is_over.wait(0.05):
                connection.sendall(b" ")
        self.run_with(behave)

    def test_always_answers_500(self):
        answer = '{"code":5001,"message":"boom"}'
        kind, error = self.run_with(
            lambda agent, connection, request: connection.sendall(http(answer, "500 Internal Server Error")))
        self.assertEqual(kind, "rejected")  # whoever answers is not away
        self.assertIn("boom", error)


if __name__ == "__main__":
    unittest.main()

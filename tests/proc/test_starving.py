"""No release keeps the others waiting: dark regions, agents that hang or refuse, many paused releases."""
import json
import selectors
import socket
import threading
import time

from harness import ProcCase, wait_until
from harness.agents import TwoCallAgent
from harness.edge import plain


class DarkRegion(threading.Thread):
    """Takes TCP connections on all these addresses and never says a word of TLS."""

    def __init__(self, addresses, port=8443):
        super().__init__(daemon=True)
        self.addresses = addresses
        self.most_open = self.closed = 0
        self._open = set()
        self._is_over = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._listeners = [socket.create_server((address, port), backlog=64) for address in addresses]
        for listener in self._listeners:
            self._selector.register(listener, selectors.EVENT_READ, True)
        self.start()

    def run(self):
        while not self._is_over.is_set():
            for key, _ in self._selector.select(0.1):
                self._accept(key.fileobj) if key.data else self._hear(key.fileobj)

    def _accept(self, listener):
        connection, _ = listener.accept()
        self._open.add(connection)
        self._selector.register(connection, selectors.EVENT_READ, False)
        self.most_open = max(self.most_open, len(self._open))

    def _hear(self, connection):
        try:
            if connection.recv(65536):
                return
        except OSError:
            pass
        self._selector.unregister(connection)
        self._open.discard(connection)
        connection.close()
        self.closed += 1

    def discard(self):
        self._is_over.set()
        self.join()
        for one in [*self._open, *self._listeners]:
            one.close()


class MostAtWork(threading.Thread):
    """The most releases that had running nodes together, seen by looking at the database all the time."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self._database = database
        self._is_over = threading.Event()
        self.most = 0
        self.start()

    def run(self):
        query = "SELECT COUNT(DISTINCT release_task_id) FROM release_task_nodes WHERE status = 'running'"
        while not self._is_over.wait(0.02):
            self.most = max(self.most, int(self._database.rows(query)[0][0]))

    def discard(self):
        self._is_over.set()
        self.join()


def say(connection, status, code, message, data=None):
    body = json.dumps({"code": code, "message": message, **({"data": data} if data else {})})
    connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())


class Starving(ProcCase):
    def insert_agents(self, *agents):
        self.insert_nodes(agents)

    def two_call_agents(self, count, outcome=None, first=1):
        return [self.keep(TwoCallAgent(f"edge-{number}", self.addresses.edge(), self.certs, outcome))
                for number in range(first, first + count)]

    def test_a_dark_region_leaves_room_for_the_other_releases(self):
        # Nothing that hangs ends by itself while this test runs: only its share makes the difference.
        control = self.control(RELEASE_EXECUTOR_MAX_IN_FLIGHT=64, AGENT_CONNECT_TIMEOUT_SEC=300)
        good = self.two_call_agents(5)
        dark = self.keep(DarkRegion([self.addresses.edge() for _ in range(150)]))

        class Node:
            def __init__(self, number, address):
                self.name, self.address = f"dark-{number}", address
        self.insert_agents(*good, *[Node(number, address) for number, address in enumerate(dark.addresses)])
        for version in (1, 2):
            self.insert_config(version, plain(version))
        self.insert_release(1, [[5 + number for number in range(1, 151)]])
        wait_until(lambda: dark.most_open >= 16, lambda: f"the dark ones are asked\n{control.program.tail()}")
        self.insert_release(2, [[1, 2, 3, 4, 5]])
        self.wait_status(2, "success")

        self.assertEqual(dark.closed, 0, "it waited for nobody of the dark region")
        self.assertLessEqual(dark.most_open, 32, "half of all places at most")
        self.assertEqual(self.release_row(1, "status"), ["running"])

    def test_an_agent_that_hangs_over_a_question_ends_with_its_own_time(self):
        def behave(agent, connection, line):
            task = line.split()[1].split("?")[0].rsplit("/", 1)[-1]
            if line.startswith("POST"):
                say(connection, 200, 0, "success", {"status": "pending"})
            elif task.endswith("_2"):
                agent.hangs += 1
                agent.is_over.wait(120)
            else:
                say(connection, 200, 0, "success", {"taskId": task, "status": "success"})

        self.control(AGENT_REQUEST_TIMEOUT_SEC=60)
        good = self.two_call_agents(1)[0]
        hostile = self.hostile_agent(2, behave)
        hostile.hangs = 0
        self.insert_agents(good, hostile)
        for version in (1, 2, 3):
            self.insert_config(version, plain(version))
        self.insert_release(1, [[1, 2]])
        self.wait_status(1, "success")

        began = time.monotonic()
        self.insert_release(2, [[1], [2]])
        self.database.execute("UPDATE release_tasks SET batch_config = "
                              "'{\"node_timeout_sec\":4,\"on_failure\":\"rollback\"}' WHERE id = 2")
        wait_until(lambda: hostile.hangs > 0, lambda: f"it hangs\n{self.describe(2)}")
        self.wait_status(2, "failed")
        self.assertEqual(self.node_rows(2)[1], ["2", "failed", "timeout"])
        back = wait_until(lambda: self.database.rows("SELECT id FROM release_tasks WHERE rolls_back = 2"),
                          "it is rolled back")[0]
        self.wait_status(back[0], "success")
        # Without a bound of its own the question alone would have taken a minute.
        self.assertLess(time.monotonic() - began, 45)

    def test_a_node_that_refuses_is_not_away(self):
        def behave(_agent, connection, line):
            if line.startswith("POST"):
                say(connection, 503, 5003, "the disk is full")
            else:
                say(connection, 404, 3001, "task not found")

        control = self.control(RELEASE_DISPATCH_TIMEOUT_SEC=6)
        hostile = self.hostile_agent(1, behave)
        self.insert_agents(hostile)
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.database.execute("UPDATE release_tasks SET batch_config = '{\"max_unreachable\":1}' WHERE id = 1")

        def troubled():
            return (control.release(1)["waitingFor"] or {}).get("troubled")
        shown = wait_until(troubled, lambda: f"it is told that the agent refuses\n{self.describe(1)}")[0]
        self.assertEqual((shown["kind"], shown["nodes"]), ("refusing", ["edge-1"]))
        self.assertIn("the disk is full", shown["message"])
        self.assertTrue(shown["until"].endswith("Z"), shown)
        self.wait_status(1, "failed")
        self.assertEqual(self.node_rows(1), [["1", "failed", "rejected"]])
        self.assertIn("the disk is full", self.node_rows(1, "error_msg")[0][0])

    def test_no_more_releases_are_at_work_than_may_be_although_paused_ones_go_on(self):
        control = self.control(RELEASE_EXECUTOR_MAX_RELEASES=1, RELEASE_POLL_INTERVAL_SEC=0.1)

        def outcome(known):
            return ("success" if time.monotonic() - known["since"] > 0.7 else "running", "")
        self.insert_agents(*self.two_call_agents(6, outcome))
        for number in (1, 2, 3):
            self.insert_config(number, plain(number))
            self.insert_release(number, [[2 * number - 1], [2 * number]])
            self.database.execute("UPDATE release_tasks SET batch_config = '{\"pause_after_batch\":true}' "
                                  f"WHERE id = {number}")
        for number in (1, 2, 3):
            self.wait_status(number, "paused")
        watch = self.keep(MostAtWork(self.database))
        for number in (1, 2, 3):
            status, answer = control.request("POST", f"/api/v1/releases/{number}/continue-batch", {})
            self.assertEqual(status, 200, answer)
        for number in (1, 2, 3):
            self.wait_status(number, "success")
        self.assertEqual(watch.most, 1)

    def test_a_release_at_work_is_taken_over_before_those_that_rest(self):
        first = self.control(RELEASE_LEASE_SEC=1)
        self.insert_agents(*self.two_call_agents(1, lambda known: ("running", "")))
        self.insert_config(99, plain(99))
        self.insert_release(99, [[1]])
        self.wait_node(99, 1, "running")
        first.program.kill()
        for number in range(1, 41):
            self.insert_release(number, [[100 + number]])
        self.database.execute("UPDATE release_tasks SET status = 'paused', batch_status = 'paused', hold = 'review', "
                              "current_batch = 1 WHERE id < 99")
        before = int(self.database.rows("SELECT MAX(id) FROM release_events")[0][0])
        wait_until(lambda: self.database.rows("SELECT 1 FROM release_tasks WHERE id = 99 AND lease_expires_at <= "
                                              f"{self.database.now}"), "the lease has run out")
        second = self.control(name="second", RELEASE_EXECUTOR_MAX_RELEASES=1)

        def claimed():
            return self.database.rows("SELECT release_task_id FROM release_events WHERE kind = 'claimed' AND "
                                      f"id > {before} ORDER BY id")
        wait_until(lambda: len(claimed()) == 41, lambda: f"all are claimed: {claimed()}\n{second.program.tail()}")
        self.assertEqual(claimed()[0], ["99"])

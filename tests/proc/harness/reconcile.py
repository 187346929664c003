"""The base of the tests of reconciliation: controls that look often, what they say, and nodes that help to see it."""
from .basics import wait_until
from .case import ProcCase
from .edge import plain

TOTALS = ("status", "totalNodes", "successNodes", "failedNodes", "skippedNodes", "deferredNodes", "cancelledNodes")
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Lookout:
    """A foreign node that is `deferred` for ever: each look asks it whether it is back, after everything else. This
    is how a test knows that reconciliation has looked, and left alone what it should leave alone."""

    def __init__(self, case):
        self._asked = 0

        def behave(_, connection, line):
            self._asked += line.startswith("GET /healthz")
            connection.sendall(BUSY)
        agent = case.hostile_agent(100, behave)
        now = case.database.now
        case.insert_config(50, plain(50))
        case.database.execute(
            "INSERT INTO nodes (id, name, main_ip, agent_port, enabled, status, created_at, updated_at) "
            f"VALUES (100, '{agent.name}', '{agent.address}', 8443, 1, 'online', {now}, {now})",
            "BEGIN",
            "INSERT INTO release_tasks (id, type, target, version, status, batch_status, total_nodes, success_nodes,"
            " failed_nodes, created_at, updated_at, started_at, finished_at) VALUES (50, 'apply_config', 'cdn', 50,"
            f" 'success', 'completed', 1, 0, 0, {now}, {now}, {now}, {now})",
            "INSERT INTO release_task_nodes (id, release_task_id, node_id, batch, status, created_at, updated_at)"
            f" VALUES (50100, 50, 100, 1, 'deferred', {now}, {now})",
            "COMMIT")

    def wait_looks(self):
        """Until a look has begun after now, and ended."""
        wanted = self._asked + 3  # the look at work may yet ask, and a question be sent twice
        wait_until(lambda: self._asked >= wanted, "reconciliation looks at the fleet")


class StatefulAgents:
    """Minimal agents that tell what they have, and that they can repair."""

    def __init__(self, case, count):
        self._has = {}
        self.agents = [self._agent(case, number) for number in range(1, count + 1)]

    def _agent(self, case, number):
        def outcome(known):
            if "ended" not in known:
                known["ended"] = True
                self._has[number] = known["task"]
            return "success", ""

        def state():
            task = self._has.get(number)
            version, digest = (task["version"], task["contentSha256"]) if task else (None, None)
            return {"appliedVersion": version, "sha256": digest, "versions": [], "agentVersion": "test",
                    "liveSha256": digest, "liveIsWhole": True if task else None, "liveRemark": None,
                    "capabilities": ["repair"], "queue": 0}
        return case.two_call_agent(number, outcome=outcome, state=state)

    def wipe(self):
        self._has.clear()

    def dispatched(self):
        """For each agent `repair` of its dispatches, in order."""
        return [[known["task"].get("repair", False) for known in agent.tasks.values()
                 for _ in range(known["dispatches"])] for agent in self.agents]


class ReconcileCase(ProcCase):
    def control(self, mode="new", **settings):
        return super().control(**{"RECONCILE": mode, "NODE_HEARTBEAT_SEC": 0.3, "RELEASE_CATCH_UP_INTERVAL_SEC": 0.2,
                                  **settings})

    def control_again(self, control, mode, name="next", **settings):
        """The control that comes after this one."""
        control.program.stop()
        return self.control(mode, name=name, **settings)

    def nodes(self, control):
        status, answer = control.request("GET", "/api/v1/nodes")
        self.assertEqual(status, 200, answer)
        return {node["name"]: node for node in answer["data"]["items"]}

    def wait_node_is(self, control, name, **wanted):
        """Until the API shows these fields."""
        def seen():
            node = self.nodes(control)[name]
            return all(node[field] == value for field, value in wanted.items())
        wait_until(seen, lambda: f"{name} is {wanted}: {self.nodes(control)[name]}\n{control.program.tail()}")

    def add_node(self, control, agent, **fields):
        status, answer = control.request("POST", "/api/v1/nodes",
                                         {"name": agent.name, "mainIp": agent.address, **fields})
        self.assertEqual(status, 200, answer)
        return answer["data"]["id"]

    def roll_out(self, control, version, payload, **batch_config):
        """To all nodes, planned by edgeroll: the id of the release, which was a success."""
        self.insert_config(version, payload)
        number = self.create(control, version=version, batch_config={"batches": ["rest"], **batch_config})["releaseId"]
        self.wait_status(number, "success", 90)
        return number

    def told(self, control):
        status, answer = control.request("GET", "/api/v1/reconciliation", role="viewer")
        self.assertEqual(status, 200, answer)
        return answer["data"]

    def waiting(self, control):
        """[[why, names of the nodes that wait for it], …]"""
        return [[delay["waitsFor"], [node["nodeName"] for node in delay["nodes"]]]
                for delay in self.told(control)["waiting"]]

    def wait_waiting(self, control, *wanted):
        wait_until(lambda: self.waiting(control) == list(wanted),
                   lambda: f"{wanted} wait: {self.told(control)}\n{control.program.tail()}")

    def taken(self):
        """[[node, cause, outcome], …] in the order in which they were taken up; without an outcome they are served."""
        return self.database.rows("SELECT node_id, cause, outcome FROM reconcile_nodes ORDER BY id")

    def wait_taken(self, *wanted, seconds=60):
        wait_until(lambda: self.taken() == list(wanted), lambda: f"{wanted} were taken up: {self.taken()}\n" + "\n".join(
            self.describe(int(number)) for (number,) in self.database.rows("SELECT id FROM release_tasks")), seconds)

    def totals(self, control, number):
        return {field: control.release(number)[field] for field in TOTALS}

    def assert_at_rest(self, control, number, totals):
        """Nothing is left to do, and the release shows what it showed before."""
        self.wait_status(number, "success")
        wait_until(lambda: self.told(control)["status"] == "idle", lambda: f"it is idle: {self.told(control)}")
        told = self.told(control)
        self.assertEqual((told["owed"], told["open"], told["next"], told["waiting"]), (0, [], [], []))
        self.assertEqual(self.totals(control, number), totals)

    def assert_asked_by_reconciliation(self, number, *reasons):
        asked = self.events_of(number, "retry_requested", "actor, detail")
        self.assertEqual([actor for actor, _ in asked], ["edgeroll"] * len(reasons), self.describe(number))
        for (_, detail), reason in zip(asked, reasons):
            self.assertIn(f'"reconciliation: {reason}"', detail)

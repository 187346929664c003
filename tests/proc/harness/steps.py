"""Steps of the tests about batches and steering: fleets of minimal agents, and operators' actions."""
import threading

from .agents import TwoCallAgent
from .api_double import ApiDouble
from .basics import PATIENCE, wait_until


class Fleet:
    """Two-call agents edge-<number>. A held agent stays in `running`; `fail` makes an agent's further tasks fail."""

    def __init__(self, numbers, add):
        self._lock = threading.Lock()
        self._held, self._failing = set(), {}
        self.agents = {number: add(number, outcome=lambda known, number=number: self._outcome(number, known))
                       for number in numbers}

    def _outcome(self, number, known):
        with self._lock:
            if number in self._held:
                return "running", ""
            if "outcome" not in known:  # a task ends once, whatever comes later
                fails = self._failing.get(number, 0) > 0
                if fails:
                    self._failing[number] -= 1
                known["outcome"] = ("failed", f"edge-{number} is broken") if fails else ("success", "")
            return known["outcome"]

    def hold(self, *numbers):
        with self._lock:
            self._held.update(numbers)

    def let_go(self, *numbers):
        """All of them, if none is named."""
        with self._lock:
            self._held.difference_update(numbers or self.agents)

    def fail(self, number, tasks=1000):
        with self._lock:
            self._failing[number] = tasks

    def asked(self):
        """Numbers of the agents that received a task."""
        return [number for number, agent in self.agents.items() if agent.tasks]

    def dispatches(self):
        """{task id: number of dispatches}"""
        return {task: known["dispatches"] for agent in self.agents.values() for task, known in agent.tasks.items()}


class ReleaseSteps:
    def fleet(self, count, first=1):
        return Fleet(range(first, first + count), self.two_call_agent)

    def two_call_agent(self, number, **options):
        return self.keep(TwoCallAgent(f"edge-{number}", self.addresses.edge(), self.certs, **options))

    def web(self, address=None, **options):
        """A web server with scripted answers: gates, callbacks."""
        return self.keep(ApiDouble(address or self.addresses.control(), **options))

    # ---- an operator's work ----

    def create(self, control, status=200, **body):
        """The answer's data; for a refusal the whole answer."""
        got, answer = control.request("POST", "/api/v1/releases", {"target": "cdn", **body})
        self.assertEqual(got, status, answer)
        return answer["data"] if status == 200 else answer

    def act(self, control, number, action, **body):
        """pause-batch, …: the answer's data."""
        got, answer = control.request("POST", f"/api/v1/releases/{number}/{action}", body or None)
        self.assertEqual(got, 200, f"{action}: {answer}\n{self.describe(number)}")
        return answer["data"]

    def assert_refused(self, control, number, *actions, says=""):
        """409 with code 3003, and the state in the message."""
        for action in actions:
            got, answer = control.request("POST", f"/api/v1/releases/{number}/{action}")
            self.assertEqual((got, answer.get("code")), (409, 3003), f"{action}: {answer}")
            self.assertIn(says or self.release_row(number, "status")[0], answer["message"])

    def limit(self, control, number, **body):
        got, answer = control.request("PATCH", f"/api/v1/releases/{number}", body)
        self.assertEqual(got, 200, answer)
        return answer["data"]

    # ---- consequences ----

    def wait_row(self, number, seconds=PATIENCE, **columns):
        """Waits until the release's columns have these values (as text; None is NULL)."""
        names, wanted = ", ".join(columns), [None if value is None else str(value) for value in columns.values()]
        wait_until(lambda: self.release_row(number, names) == wanted,
                   lambda: f"release {number} has {columns}\n{self.describe(number)}", seconds)

    def wait_hold(self, number, hold, batch):
        """Waits until the release pauses after this batch, in the database and in the API."""
        self.wait_row(number, status="paused", batch_status="paused", hold=hold, current_batch=batch)

    def events_of(self, number, kind, columns="actor"):
        return self.database.rows(f"SELECT {columns} FROM release_events WHERE release_task_id = {number} "
                                  f"AND kind = '{kind}' ORDER BY id")

    def statuses(self, number):
        """{node id: status}"""
        return {int(node): status for node, status in self.node_rows(number, "node_id, status")}

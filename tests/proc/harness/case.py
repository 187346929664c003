"""The base of every process test: its own folder and network, ended programs, no sanitizer report."""
import shutil
import tempfile
import unittest
from pathlib import Path

from .agents import HostileAgent
from .basics import BIN, PATIENCE, Addresses, wait_until
from .certs import Certs
from .control import Control
from .database import SqliteDb
from .edge import Edge
from .steps import ReleaseSteps

FINAL = ("success", "failed", "cancelled")


class ProcCase(ReleaseSteps, unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.assertTrue((BIN / "edgeroll-control").exists(), f"EDGEROLL_BIN={BIN} holds no edgeroll-control")
        self.folder = Path(tempfile.mkdtemp(prefix="edgeroll-proc-"))
        self.folder.chmod(0o711)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addresses = Addresses()
        self.certs = Certs(self.folder / "ca")
        self.things = []
        self.addCleanup(self._end_everything)
        self._database = None

    def _end_everything(self):
        programs = []
        for thing in reversed(self.things):
            programs += getattr(thing, "programs", [])
            thing.discard()
        complaints = [text for text in (program.complaint() for program in programs) if text]
        outcome = getattr(self._outcome, "result", None)
        failed = any(test is self for test, _ in (outcome.failures + outcome.errors)) if outcome else False
        if failed or complaints:
            for program in programs:
                print(program.tail(60))
        self.assertEqual(complaints, [])

    # ---- setup of a test ----

    def keep(self, thing):
        self.things.append(thing)
        return thing

    @property
    def database(self):
        if self._database is None:
            self._database = self.keep(SqliteDb(self.folder / "edgeroll.db"))
        return self._database

    @database.setter
    def database(self, database):
        self._database = self.keep(database)

    def edge(self, number, starts=True, **options):
        edge = self.keep(Edge(self.folder / f"edge-{number}", f"edge-{number}", self.addresses.edge(),
                              self.certs, **options))
        return edge.start() if starts else edge

    def edges(self, count, **options):
        return [self.edge(number, **options) for number in range(1, count + 1)]

    def hostile_agent(self, number, behave, **options):
        return self.keep(HostileAgent(f"edge-{number}", self.addresses.edge(), self.certs, behave, **options))

    def control(self, starts=True, name="control", **settings):
        control = self.keep(Control(self.folder / name, self.addresses.control(), self.certs, self.database,
                                    name=name, **settings))
        return control.start() if starts else control

    # ---- a pipeline's work, with plain INSERTs of the columns pipelines know ----

    def insert_nodes(self, agents):
        now = self.database.now
        for number, agent in enumerate(agents, 1):
            self.database.execute(
                "INSERT INTO nodes (id, name, main_ip, agent_port, enabled, status, created_at, updated_at) "
                f"VALUES ({number}, '{agent.name}', '{agent.address}', 8443, 1, 'online', {now}, {now})")

    def insert_config(self, version, payload):
        self.database.insert_payload(version, payload)

    def insert_release(self, number, batches, version=None, total=None):
        """batches: lists of node ids."""
        now, version = self.database.now, version or number
        rows = [(node, batch) for batch, nodes in enumerate(batches, 1) for node in nodes]
        values = ", ".join(f"({number * 1000 + node}, {number}, {node}, {batch}, 'pending', {now}, {now})"
                           for node, batch in rows)
        self.database.execute(
            "BEGIN",
            "INSERT INTO release_tasks (id, type, target, version, status, total_nodes, success_nodes, failed_nodes,"
            f" created_at, updated_at) VALUES ({number}, 'apply_config', 'cdn', {version}, 'pending',"
            f" {total or len(rows)}, 0, 0, {now}, {now})",
            "INSERT INTO release_task_nodes (id, release_task_id, node_id, batch, status, created_at, updated_at)"
            f" VALUES {values}",
            "COMMIT")

    # ---- the database's content ----

    def release_row(self, number, columns="status, success_nodes, failed_nodes"):
        rows = self.database.rows(f"SELECT {columns} FROM release_tasks WHERE id = {number}")
        return rows[0] if rows else None

    def node_rows(self, number, columns="node_id, status, COALESCE(failure_kind, '')"):
        return self.database.rows(f"SELECT {columns} FROM release_task_nodes WHERE release_task_id = {number} "
                                  "ORDER BY batch, node_id")

    def describe(self, number):
        """The database's rows of a release, for the message of a failed expectation."""
        return "\n".join(map(str, [
            *self.database.rows("SELECT id, status, batch_status, claimed_by, claim_epoch, last_error FROM "
                                f"release_tasks WHERE id = {number}"),
            *self.node_rows(number, "node_id, batch, status, failure_kind, attempt, error_msg"),
            *self.database.rows("SELECT at, actor, kind, node_id, detail FROM release_events "
                                f"WHERE release_task_id = {number} ORDER BY id")]))

    def wait_status(self, number, status, seconds=PATIENCE * 2):
        """Waits for the release to end (or to be paused) and asserts its status."""
        wanted = {status, *FINAL}
        wait_until(lambda: self.release_row(number, "status")[0] in wanted,
                   lambda: f"release {number} is {status}\n{self.describe(number)}", seconds)
        self.assertEqual(self.release_row(number, "status")[0], status, self.describe(number))

    def wait_node(self, number, node, status, seconds=PATIENCE):
        def seen():
            return self.database.rows("SELECT status FROM release_task_nodes WHERE release_task_id = "
                                      f"{number} AND node_id = {node}") == [[status]]
        wait_until(seen, lambda: f"node {node} of release {number} is {status}\n{self.describe(number)}", seconds)

    def assert_counters(self, number):
        """I4: the counters are the rows' counts."""
        counted = self.database.rows(
            "SELECT (SELECT COUNT(*) FROM release_task_nodes WHERE release_task_id = r.id AND status = 'success'),"
            " (SELECT COUNT(*) FROM release_task_nodes WHERE release_task_id = r.id AND status = 'failed')"
            f" FROM release_tasks r WHERE id = {number}")[0]
        self.assertEqual(self.release_row(number, "success_nodes, failed_nodes"), counted, self.describe(number))

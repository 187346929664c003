"""What every scenario stands on: authority, database, nodes, fleet and control, all private and ended at last."""
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from harness.basics import BIN, Addresses, wait_until
from harness.certs import Certs
from harness.control import Control
from harness.database import MariaDb

from .cpu import CpuLog
from .fleet_process import FleetProcess
from .session import Session

#: The process tests make control hurry; a bench measures its defaults.
DEFAULTS = dict.fromkeys(("RELEASE_EXECUTOR_INTERVAL_SEC", "RELEASE_LEASE_SEC", "RELEASE_POLL_INTERVAL_SEC",
                          "RELEASE_CATCH_UP_INTERVAL_SEC"))
ROWS_AT_ONCE = 1000
#: Those of the private server suit small tests: some releases of thousands of nodes are larger than its memory.
DATABASE_OPTIONS = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M")


def address_of(number):
    """127.x.y.z of its own for each node, beside those of process tests that may run at the same time."""
    network = 20 + os.getpid() % 70
    return f"127.{network}.{1 + (number - 1) // 250}.{1 + (number - 1) % 250}"


def name_of(number):
    return f"edge-{number}"


class Bed:
    """With `impostor` the last node's certificate names another node."""

    def __init__(self, nodes, fleet_program, say, content_kib=4):
        self.nodes = nodes
        self.impostor = nodes + 1
        self.say = say
        self.content_kib = content_kib
        self._things = []
        self.folder = Path(tempfile.mkdtemp(prefix="edgeroll-bench-"))
        try:
            self._set_up(fleet_program)
        except BaseException:
            self.discard()
            raise

    def _keep(self, thing):
        self._things.append(thing)
        return thing

    def _set_up(self, fleet_program):
        self.folder.chmod(0o711)
        self.certs = Certs(self.folder / "ca", domain="bench.example")
        self.say("starting a private MariaDB")
        self.database = self._keep(MariaDb(self.folder / "db", "--", *DATABASE_OPTIONS))
        nodes_file = self.folder / "nodes"
        nodes_file.write_text("".join(f"{number} {name_of(number)} {address_of(number)}\n"
                                      for number in range(1, self.nodes + 1)) +
                              f"{self.impostor} somebody-else {address_of(self.impostor)}\n")
        self.say(f"starting a fleet of {self.nodes} agents")
        self.fleet = self._keep(FleetProcess(fleet_program, nodes_file, self.certs, self.folder / "fleet.log"))
        self.control = self._keep(Control(self.folder / "control", Addresses().control(), self.certs, self.database,
                                          **DEFAULTS)).start()
        self.session = self._keep(Session(self.database))
        self._insert_nodes()
        self.cpu = self._keep(CpuLog(control=self.control.program.pid, fleet=self.fleet.pid,
                                     database=int((self.folder / "db" / "pid").read_text())))

    def _insert_nodes(self):
        for first in range(1, self.impostor + 1, ROWS_AT_ONCE):
            values = ", ".join(f"({number}, '{name_of(number)}', '{address_of(number)}', {self.fleet.port})"
                               for number in range(first, min(first + ROWS_AT_ONCE, self.impostor + 1)))
            self.database.execute(f"INSERT INTO nodes (id, name, main_ip, agent_port) VALUES {values}")

    # ---- releases, as a pipeline makes them ----

    def insert_release(self, batches, batch_config=None):
        """batches: lists of node numbers. Returns (id, version, ns of the commit)."""
        version = int(self.session.row("SELECT COALESCE(MAX(version), 0) + 1 FROM release_tasks")[0])
        number = int(self.session.row("SELECT COALESCE(MAX(id), 0) + 1 FROM release_tasks")[0])
        line = f"# version {version} of the bench\n"
        text = line + "x" * max(self.content_kib * 1024 - len(line), 0)
        self.database.insert_payload(version, {"files": [{"path": "conf.d/site.conf", "content": text}]})
        rows = [(node, batch) for batch, nodes in enumerate(batches, 1) for node in nodes]
        config = "NULL" if batch_config is None else f"'{json.dumps(batch_config)}'"
        self.session.rows("BEGIN")
        self.session.rows("INSERT INTO release_tasks (id, type, target, version, status, total_nodes, success_nodes,"
                          " failed_nodes, batch_config, created_at, updated_at) VALUES "
                          f"({number}, 'apply_config', 'cdn', {version}, 'pending', {len(rows)}, 0, 0, {config},"
                          " NOW(3), NOW(3))")
        for first in range(0, len(rows), ROWS_AT_ONCE):
            values = ", ".join(f"({number}, {node}, {batch}, 'pending', NOW(3), NOW(3))"
                               for node, batch in rows[first:first + ROWS_AT_ONCE])
            self.session.rows("INSERT INTO release_task_nodes (release_task_id, node_id, batch, status, created_at,"
                              f" updated_at) VALUES {values}")
        committed = time.time_ns()
        self.session.rows("COMMIT")
        return number, version, committed

    def release(self, number):
        """status, hold, last_error."""
        return self.session.row(f"SELECT status, hold, last_error FROM release_tasks WHERE id = {number}")

    def wait_status(self, number, status, seconds):
        def is_over():
            return self.release(number)[0] in ("success", "failed", "cancelled")
        wait_until(is_over, lambda: f"release {number} has ended: {self.release(number)}", seconds, poll=0.1)
        found, _, error = self.release(number)
        assert found == status, f"release {number} is {found}, not {status}: {error}\n{self.control.program.tail()}"

    def content_of(self, version):
        return self.session.row(f"SELECT sha256 FROM config_versions WHERE version = {version}")[0]

    def wait_fleet(self, event, count, what, seconds):
        """Until the fleet has recorded that many events since reset-log. Says now and then how many."""
        end = time.monotonic() + seconds
        next_word = time.monotonic() + 5
        while True:
            seen = self.fleet.status()[event]
            if seen >= count:
                return
            now = time.monotonic()
            if now > end:
                raise AssertionError(f"{what}: only {seen} of {count} after {seconds:g} s\n"
                                     f"{self.control.program.tail()}")
            if now > next_word:
                next_word = now + 5
                self.say(f"{what}: {seen} of {count}")
            time.sleep(0.1)

    def report(self):
        path = self.folder / "fleet.csv"
        self.fleet.tell("report", path)
        return path

    @property
    def program(self):
        return BIN / "edgeroll-control"

    def discard(self):
        """Ends everything. The troubles in doing so, as texts."""
        troubles = []
        for thing in reversed(self._things):
            try:
                thing.discard()
            except Exception as error:  # the others must end all the same
                troubles.append(str(error))
        troubles += [text for text in (program.complaint() for thing in self._things
                                       for program in getattr(thing, "programs", [])) if text]
        shutil.rmtree(self.folder, ignore_errors=True)
        self._things = []
        return troubles

"""The databases as a pipeline sees them: plain SQL, next to control."""
import json
import sqlite3
import subprocess
from contextlib import closing

from .basics import PATIENCE, clean_environment
from .mariadb_server import MariaDbServer


def as_text(rows):
    return [[None if cell is None else str(cell) for cell in row] for row in rows]


def payload_text(payload):
    return payload if isinstance(payload, str) else json.dumps(payload)


class SqliteDb:
    now = "datetime('now')"

    def __init__(self, path):
        self.path = path
        self.url = f"sqlite:{path}"

    def _connect(self):
        return sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)

    def execute(self, *statements):
        with closing(self._connect()) as connection:
            for statement in statements:
                connection.execute("BEGIN IMMEDIATE" if statement == "BEGIN" else statement)

    def rows(self, query):
        """Cells as text; NULL is None."""
        with closing(self._connect()) as connection:
            return as_text(connection.execute(query).fetchall())

    def insert_payload(self, version, payload):
        with closing(self._connect()) as connection:
            connection.execute("INSERT INTO config_versions (version, payload) VALUES (?, ?)",
                               (version, payload_text(payload)))

    def discard(self):
        pass


class MariaDb:
    """A separate database on a private server."""

    now = "NOW(3)"

    def __init__(self, folder, *options):
        self.server = MariaDbServer(folder, *options).start()
        self.url = self.server.url("edgeroll")

    def _client(self, arguments, stdin=""):
        done = subprocess.run(["mariadb", "--no-defaults", f"--socket={self.server.socket}", "--user=root",
                               "--default-character-set=utf8mb4", "-N", "-B", *arguments, "edgeroll"],
                              input=stdin, capture_output=True, text=True, timeout=PATIENCE, check=False,
                              env=clean_environment())
        if done.returncode != 0:
            raise AssertionError(f"mariadb: {done.stderr}")
        return done.stdout

    def execute(self, *statements):
        self._client([], stdin="".join(f"{statement};\n" for statement in statements))

    def run_script(self, text):
        """Runs SQL as if typed into a client."""
        self._client([], stdin=text)

    def rows(self, query):
        def cell(text):
            if text == "NULL":
                return None
            return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
        return [[cell(text) for text in line.split("\t")] for line in self._client(["-e", query]).splitlines()]

    def insert_payload(self, version, payload):
        data = payload_text(payload).encode().hex()
        self.execute(f"INSERT INTO config_versions (version, payload) "
                     f"VALUES ({version}, CONVERT(X'{data}' USING utf8mb4))")

    def discard(self):
        self.server.discard()

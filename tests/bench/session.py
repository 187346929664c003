"""One client of the database that stays connected: a new one for each look would cost more than the look."""
import subprocess

from harness.basics import clean_environment

MARK = "end of the answer"


class Session:
    def __init__(self, database):
        self._process = subprocess.Popen(
            ["mariadb", "--no-defaults", f"--socket={database.server.socket}", "--user=root",
             "--default-character-set=utf8mb4", "-N", "-B", "-n", "edgeroll"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())

    def rows(self, statement):
        """Cells as text; NULL is None."""
        self._process.stdin.write(f"{statement};\nSELECT '{MARK}';\n")
        self._process.stdin.flush()
        found = []
        while True:
            line = self._process.stdout.readline()
            if not line:
                raise AssertionError(f"mariadb: {self._process.stderr.read()}")
            if line.rstrip("\n") == MARK:
                return found
            found.append([None if cell == "NULL" else cell for cell in line.rstrip("\n").split("\t")])

    def row(self, statement):
        found = self.rows(statement)
        return found[0] if found else None

    def discard(self):
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            try:
                stream.close()
            except OSError:
                pass
        self._process.wait(10)

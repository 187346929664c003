"""A private MariaDB server (scripts/private-mariadb) that can be killed and restarted."""
import random
import shutil
import socket
import subprocess
from pathlib import Path

from .basics import PATIENCE, ROOT, clean_environment

SCRIPT = ROOT / "scripts" / "private-mariadb"


def free_port():
    for _ in range(500):
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port below 32768")


class MariaDbServer:
    """On a TCP port, so that its death looks like that of a server on another machine."""

    def __init__(self, folder, *options):
        """options: of scripts/private-mariadb, e.g. --tls."""
        self.folder = Path(folder)
        self._options = options
        self.port = free_port()
        self._has_user = False

    def _run(self, *arguments):
        done = subprocess.run([SCRIPT, *map(str, arguments)], capture_output=True, text=True, env=clean_environment(),
                              timeout=PATIENCE * 4, check=False)
        if done.returncode != 0:
            raise AssertionError(f"private-mariadb {arguments[0]}: {done.stdout}{done.stderr}")
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)

    def start(self):
        said = self._run("start", self.folder, "--port", self.port, *self._options)
        self.socket = said["socket"]
        if not self._has_user:
            self._has_user = True
            self.ask("CREATE USER 'edge roll'@'%' IDENTIFIED BY 'p@ss:w/rd'; GRANT ALL ON *.* TO 'edge roll'@'%'")
        return self

    def ask(self, sql):
        subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "-e", sql], check=True,
                       timeout=PATIENCE, env=clean_environment())

    def url(self, database):
        """User and password are percent-encoded, so that every test checks the decoding."""
        return f"mysql://edge%20roll:p%40ss%3Aw%2Frd@127.0.0.1:{self.port}/{database}"

    @property
    def tls_folder(self):
        return self.folder / "tls"

    def show_certificate(self, certificate, key):
        """Used from now on instead of the certificate it was created with."""
        shutil.copyfile(certificate, self.tls_folder / "server.crt")
        shutil.copyfile(key, self.tls_folder / "server.key")
        self.ask("FLUSH SSL")

    def kill(self):
        """kill -9, as a power cut would."""
        self._run("stop", self.folder, "--kill")

    def discard(self):
        self._run("stop", self.folder)

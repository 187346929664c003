"""bench_fleet as a process: commands are lines, each answered by one line."""
import json
import subprocess
import threading

from harness.basics import clean_environment


class FleetProcess:
    def __init__(self, program, nodes_file, certs, log, before=()):
        """before: words of a command that runs it elsewhere, as `ip netns exec NAME`."""
        self._log = open(log, "ab")
        self._process = subprocess.Popen(
            [str(part) for part in (*before, program, "--nodes", nodes_file, "--ca", certs.ca, "--ca-key", certs.ca_key,
                                    "--domain", certs.domain)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, bufsize=1,
            env=clean_environment())
        self.pid = self._process.pid
        self._lock = threading.Lock()
        self._log_path = log
        said = self._line()
        assert said.startswith("listening "), said
        self.port = int(said.split()[1])

    def _line(self):
        line = self._process.stdout.readline()
        if not line:
            with open(self._log_path, encoding="utf-8", errors="replace") as log:
                raise AssertionError(f"bench_fleet ended with status {self._process.wait()}: {log.read()[-500:]}")
        return line.strip()

    def tell(self, *words):
        """The answer, without its `ok`."""
        with self._lock:
            self._process.stdin.write(" ".join(map(str, words)) + "\n")
            said = self._line()
        if said.split()[0] != "ok":
            raise AssertionError(f"bench_fleet: {said}")
        return said[3:]

    def status(self):
        return json.loads(self.tell("status"))

    def applied(self):
        return json.loads(self.tell("applied"))

    def discard(self):
        """Its input ends, and so does it. An end that is not clean is a failure."""
        for stream in (self._process.stdin, self._process.stdout):
            try:
                stream.close()
            except OSError:
                pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        if self._process.returncode != 0:
            with open(self._log_path, encoding="utf-8", errors="replace") as log:
                raise AssertionError(f"bench_fleet ended with status {self._process.returncode}: {log.read()[-2000:]}")

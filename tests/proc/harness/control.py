"""edgeroll-control as a process, and its API."""
import hashlib
import http.client
import json
import re
from pathlib import Path

from .basics import BIN, PATIENCE, Program, clean_environment, run, wait_until

TOKENS = {"admin": "admin-token-of-the-tests", "viewer": "viewer-token-of-the-tests"}


class Control:
    """Settings go into the environment; intervals are short so that tests need not wait for them."""

    def __init__(self, folder, address, certs, database, name="control", **settings):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.address = address
        self.url = f"http://{address}:8080"
        self.tokens = self.folder / "tokens"
        self.tokens.write_text("".join(f"{role}:{role}:{hashlib.sha256(token.encode()).hexdigest()}\n"
                                       for role, token in TOKENS.items()))
        self.tokens.chmod(0o640)
        self.certificate, self.key = certs.control(name)
        self.settings = {
            "DATABASE_URL": database.url, "HTTP_ADDR": f"{address}:8080", "API_TOKENS_FILE": self.tokens,
            "CONTROL_CERT": self.certificate, "CONTROL_KEY": self.key, "CONTROL_CA": certs.ca,
            "RELEASE_EXECUTOR_INTERVAL_SEC": 0.1, "RELEASE_LEASE_SEC": 3, "RELEASE_POLL_INTERVAL_SEC": 0.5,
            "RELEASE_CATCH_UP_INTERVAL_SEC": 3600, "NODE_HEARTBEAT_SEC": 0, "MIGRATE": 1,
            "GATE_ALLOW": "127.0.0.0/8",  # gates and callbacks run on this machine
            **settings}
        self.program = None
        self.programs = []

    def environment(self, **changes):
        return clean_environment(**{**self.settings, **changes})

    def run(self, *arguments, **changes):
        """Runs one of its commands to the end: (status, output)."""
        return run([BIN / "edgeroll-control", *arguments], self.environment(**changes))

    def cli(self, *arguments, role="admin"):
        """`edgeroll …` against this control: (status, output)."""
        return run([BIN / "edgeroll", *arguments],
                   clean_environment(EDGEROLL_URL=self.url, EDGEROLL_TOKEN=TOKENS[role]))

    def start(self, waits=True, before_exec=None):
        self.program = Program(self.name, [BIN / "edgeroll-control"], self.environment(),
                               self.folder / f"{self.name}.log", before_exec)
        self.programs.append(self.program)
        if waits:
            wait_until(lambda: self.is_ready() or not self.program.is_alive(),
                       lambda: f"{self.name} is ready\n{self.program.tail()}")
            assert self.program.is_alive(), self.program.tail()
        return self

    def is_ready(self):
        return (self.get_raw("/readyz") or (0,))[0] == 200

    def get_raw(self, path):
        try:
            return self.request("GET", path, role=None)
        except OSError:
            return None

    def request(self, method, path, body=None, role="admin", token=None, headers=None, seconds=PATIENCE):
        """(status, JSON or text). body: a value to encode as JSON, or text/bytes sent as they are."""
        connection = http.client.HTTPConnection(self.address, 8080, timeout=seconds)
        try:
            sent = dict(headers or {})
            if token or role:
                sent["Authorization"] = f"Bearer {token or TOKENS[role]}"
            text = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
            if text is not None:
                sent.setdefault("Content-Type", "application/json")
            connection.request(method, path, text, sent)
            answer = connection.getresponse()
            raw = answer.read()
            self.last_headers = dict(answer.getheaders())
            try:
                return answer.status, json.loads(raw)
            except ValueError:
                return answer.status, raw.decode(errors="replace")
        finally:
            connection.close()

    def release(self, number):
        status, answer = self.request("GET", f"/api/v1/releases/{number}")
        assert status == 200, (status, answer)
        return answer["data"]

    def metric(self, pattern):
        """Sum of the samples whose line starts with the pattern (a regular expression)."""
        _, text = self.request("GET", "/metrics", role=None)
        found = re.findall(rf"^{pattern}[^\n]*? ([0-9.e+-]+)$", text, re.MULTILINE)
        return sum(map(float, found)) if found else None

    def discard(self):
        if self.program:
            self.program.discard()

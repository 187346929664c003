"""Attacking clients: many, slow, silent, or all of that; and an honest client that measures.

A swarm is a separate process, so that the honest client measures the program under attack and not
Python. Everything is bounded in count and time."""
import contextlib
import http.client
import multiprocessing
import resource
import selectors
import socket
import ssl
import statistics
import threading
import time
from dataclasses import dataclass, field

DRIP_EVERY = 1.0


@dataclass
class Swarm:
    """Its clients connect from one of the sources, send `first`, then `drip` once a second. A client that
    is cut off reconnects until `total` connections were made."""
    address: str
    port: int
    sources: list
    count: int = 500          # concurrent connections
    total: int = 500          # connections in total
    rate: int = 1000          # new connections a second
    first: bytes = b""
    drip: bytes = b""
    reads: bool = True
    seconds: float = 10
    opened: int = 0
    cut: int = 0
    failed: int = 0
    answers: dict = field(default_factory=dict)  # first bytes of the answers, with their counts

    def run(self, out, begun, end):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else soft, hard))
        selector = selectors.DefaultSelector()
        begun.set()
        start = time.monotonic()
        last_drip = start
        while (now := time.monotonic()) < start + self.seconds and not end.is_set():
            due = min(self.total, int((now - start) * self.rate) + 1)
            while self.opened + self.failed < due and len(selector.get_map()) < self.count:
                self._open(selector)
            for key, _ in selector.select(0.02):
                self._hear(selector, key)
            if self.drip and now - last_drip >= DRIP_EVERY:
                last_drip = now
                for key in list(selector.get_map().values()):
                    with contextlib.suppress(OSError):
                        key.fileobj.send(self.drip)
        for key in list(selector.get_map().values()):
            key.fileobj.close()
        out.put({"opened": self.opened, "cut": self.cut, "failed": self.failed, "answers": self.answers})

    def _open(self, selector):
        client = socket.socket()
        try:
            if not self.reads:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(2)
            client.bind((self.sources[self.opened % len(self.sources)], 0))
            client.connect((self.address, self.port))
            client.setblocking(False)
            if self.first:
                client.send(self.first)
        except OSError:
            client.close()
            self.failed += 1
            return
        self.opened += 1
        # A client that does not read learns of its end only at the next drip: the server counts it.
        selector.register(client, selectors.EVENT_READ if self.reads else selectors.EVENT_WRITE, [])

    def _hear(self, selector, key):
        try:
            text = key.fileobj.recv(65536) if self.reads else self._is_open(key.fileobj)
        except BlockingIOError:
            return
        except OSError:
            text = b""
        if text:
            if self.reads and not key.data:
                key.data.append(True)
                word = text.split(b"\r\n", 1)[0][:40].decode("latin-1")
                self.answers[word] = self.answers.get(word, 0) + 1
            return
        self.cut += 1
        selector.unregister(key.fileobj)
        key.fileobj.close()

    @staticmethod
    def _is_open(client):
        time.sleep(0.0005)  # always writable: do not spin
        return client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


class Attack:
    """Runs swarms beside the caller, to the end of the block or of their time: `with Attack(swarm, …) as attack: …`,
    then attack.outcomes."""

    def __init__(self, *swarms):
        context = multiprocessing.get_context("fork")
        self._out, self._end = context.Queue(), context.Event()
        self._processes, self._begun = [], []
        for swarm in swarms:
            begun = context.Event()
            self._begun.append(begun)
            self._processes.append(context.Process(target=swarm.run, args=(self._out, begun, self._end), daemon=True))
        self.outcomes = []

    def __enter__(self):
        for process in self._processes:
            process.start()
        for begun in self._begun:
            begun.wait(30)
        return self

    def is_going_on(self):
        return any(process.is_alive() for process in self._processes)

    def __exit__(self, *failure):
        self._end.set()
        for _ in self._processes:
            with contextlib.suppress(Exception):
                self.outcomes.append(self._out.get(timeout=60))
        for process in self._processes:
            process.join(10)
            if process.is_alive():
                process.kill()


class Honest(threading.Thread):
    """Repeats one request and records the times to its answers, in milliseconds."""

    def __init__(self, address, port, path, token=None, context=None, is_kept=True, pause=0.02,
                 seconds=10):
        super().__init__(daemon=True)
        self.address, self.port, self.path = address, port, path
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.context, self.is_kept, self.pause, self.seconds = context, is_kept, pause, seconds
        self.times, self.failures = [], []
        self._ends = threading.Event()

    def run(self):
        connection = None
        while not self._ends.is_set():
            begin = time.monotonic()
            try:
                if connection is None:
                    connection = self._connection()
                connection.request("GET", self.path, headers=self.headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    raise OSError(f"answered {answer.status}")
                self.times.append((time.monotonic() - begin) * 1000)
                keeps = self.is_kept and not answer.will_close
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(f"{type(error).__name__}: {error} ({self.path}, {'kept' if self.is_kept else 'new'}, "
                                     f"after {(time.monotonic() - begin) * 1000:.0f} ms)")
                keeps = False
            if not keeps and connection is not None:
                connection.close()
                connection = None
            self._ends.wait(self.pause)
        if connection is not None:
            connection.close()

    def _connection(self):
        if self.context is None:
            return http.client.HTTPConnection(self.address, self.port, timeout=self.seconds)
        return http.client.HTTPSConnection(self.address, self.port, timeout=self.seconds, context=self.context)

    def end(self):
        self._ends.set()
        self.join(self.seconds + 10)
        return self

    def percentile(self, share):
        if not self.times:
            return float("nan")
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def median(self):
        return statistics.median(self.times) if self.times else float("nan")


def client_hello():
    """The first message of a TLS handshake: the server works on it and waits for the next one."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing).do_handshake()
    return outgoing.read()


def memory(pid):
    """Resident memory in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def addresses(first, count):
    """Loopback source addresses: 127.first.x.y"""
    return [f"127.{first}.{number // 250}.{number % 250 + 1}" for number in range(count)]


def slow_header(**where):
    return Swarm(first=b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ", drip=b"x", **where)


def slow_body(token=None, path="/api/v1/configs/1", announced=8454144, **where):
    login = f"Authorization: Bearer {token}\r\n" if token else ""
    first = f"PUT {path} HTTP/1.1\r\nHost: a\r\n{login}Content-Length: {announced}\r\n\r\n{{"
    return Swarm(first=first.encode(), drip=b" ", **where)


def slow_read(path="/metrics", token=None, times=100, **where):
    login = f"Authorization: Bearer {token}\r\n" if token else ""
    return Swarm(first=f"GET {path} HTTP/1.1\r\nHost: a\r\n{login}\r\n".encode() * times, reads=False, **where)

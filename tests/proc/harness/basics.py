"""Waiting for conditions, private addresses, and programs that are ended by their process id."""
import errno
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(os.environ.get("EDGEROLL_BIN", ROOT / "build" / "asan" / "bin"))
# Sanitizers make programs slow and two cores may be shared: deadlines are generous, and a passing
# test never waits for one.
PATIENCE = float(os.environ.get("EDGEROLL_PATIENCE", "30"))
SANITIZER_WORDS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:",
                   "WARNING: ThreadSanitizer", "terminate called", "Assertion '")


def wait_until(condition, what, seconds=PATIENCE, poll=0.05):
    """Polls until condition() is true and returns its value; what() or what names it in the error."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds:g} s still not so: {what() if callable(what) else what}")
        time.sleep(poll)


def say_when(condition, seconds):
    """Whether condition() became true within the time."""
    try:
        wait_until(condition, "", seconds)
    except AssertionError:
        return False
    return True


def is_listening(address, port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


class Addresses:
    """A 127.x.y network of this process: .1, .2, … for edges, .200 and up for control."""

    PORTS = (8443, 8080, 8088)

    def __init__(self):
        pid = os.getpid()
        for attempt in range(200):
            number = pid + attempt * 4001
            self.network = f"127.{100 + number % 120}.{number // 120 % 250 + 1}"
            if all(self._is_free(f"{self.network}.{host}", port) for host in (1, 200) for port in self.PORTS):
                break
        else:
            raise AssertionError("no 127.x.y network with free ports 8443, 8080 and 8088")
        self._edges = 0
        self._controls = 199

    @staticmethod
    def _is_free(address, port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                return False
        return True

    @classmethod
    def local_port(cls):
        """A free port of 127.0.0.1, for servers that must be reachable as localhost."""
        for attempt in range(5000):
            port = 20000 + (os.getpid() * 7 + attempt) % 12000
            if cls._is_free("127.0.0.1", port):
                return port
        raise AssertionError("no free port on 127.0.0.1")

    def edge(self):
        self._edges += 1
        return f"{self.network}.{self._edges}"

    def control(self):
        self._controls += 1
        return f"{self.network}.{self._controls}"


def clean_environment(**settings):
    """Only variables a program needs, so that the caller's shell cannot change a test."""
    env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin", "LANG": "C.UTF-8",
           "HOME": os.environ.get("HOME", "/"),
           "ASAN_OPTIONS": "detect_leaks=1:halt_on_error=1:exitcode=99:" + os.environ.get("ASAN_OPTIONS", ""),
           "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:" + os.environ.get("UBSAN_OPTIONS", ""),
           "TSAN_OPTIONS": "halt_on_error=1:" + os.environ.get("TSAN_OPTIONS", "")}
    env.update({name: str(value) for name, value in settings.items() if value is not None})
    return env


class Program:
    """A started program. Its output goes to a log file; it is ended by its id."""

    def __init__(self, name, argv, env, log, before_exec=None):
        self.name = name
        self.log_path = Path(log)
        with open(self.log_path, "ab") as out:
            self._process = subprocess.Popen([str(part) for part in argv], env=env, stdin=subprocess.DEVNULL,
                                             stdout=out, stderr=subprocess.STDOUT, preexec_fn=before_exec)
        self.pid = self._process.pid
        self.is_expected_dead = False

    def is_alive(self):
        return self._process.poll() is None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def signal(self, number):
        self._process.send_signal(number)

    def kill(self):
        """kill -9, as a power cut would."""
        self.is_expected_dead = True
        self._process.kill()
        self._process.wait()

    def wait(self, seconds=PATIENCE):
        """The exit status."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {seconds:g} s\n{self.tail()}") from None

    def stop(self, seconds=PATIENCE):
        """SIGTERM, then the exit status."""
        self.is_expected_dead = True
        self._process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def discard(self):
        """For clean-up: ends it by any means."""
        if not self.is_alive():
            return
        self._process.send_signal(signal.SIGCONT)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def complaint(self):
        """The findings of a sanitizer or the runtime, or nothing."""
        text = self.log()
        for word in SANITIZER_WORDS:
            if word in text:
                return f"{self.name}: {word}\n{text[max(0, text.index(word) - 200):][:6000]}"
        if not self.is_alive() and not self.is_expected_dead and self._process.returncode not in (0, 2, -15):
            return f"{self.name} died with status {self._process.returncode}\n{self.tail()}"
        return ""

    def tail(self, lines=25):
        return f"---- {self.log_path.name}\n" + "\n".join(self.log().splitlines()[-lines:])


def run(argv, env=None, seconds=PATIENCE, stdin=""):
    """Runs to the end. Returns (status, output of both kinds)."""
    done = subprocess.run([str(part) for part in argv], env=env or clean_environment(), input=stdin,
                          capture_output=True, text=True, timeout=seconds, errors="replace", check=False)
    return done.returncode, done.stdout + done.stderr

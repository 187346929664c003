"""The first process of a machine: makes its file system, then keeps its services and does what it is asked to.
Run by fleet.py as root, as the first process of its namespaces: init.py ROOT EXCHANGE."""
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time

import sandbox
import tree
from units import Unit, UnitError, find

POLL = 0.05


class Service:
    """A unit that runs a program. Used under the manager's lock."""

    def __init__(self, name):
        self.unit = Unit(name)
        self.process = None  # what we started and did not see end
        self.pid = 0         # of Type=forking
        self.started_at = 0
        self.is_wanted = False
        self.again_at = None

    def log(self):
        return open(f"{tree.EXCHANGE}/log/{self.unit.name}.log", "ab")

    def run(self, text, waits=True):
        with self.log() as out:
            process = subprocess.Popen(sandbox.command(self.unit, text), stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=out, start_new_session=True)
        return process.wait() if waits else process

    def make_folders(self):
        for path in sandbox.state_folders(self.unit):
            os.makedirs(path, exist_ok=True)
            os.chmod(path, int(self.unit.get("StateDirectoryMode", "0755"), 8))
            subprocess.run(["chown", f"{self.unit.get('User', 'root')}:", path], check=True)

    def start(self):
        if self.is_active():
            return 0
        self.is_wanted, self.again_at, self.pid = True, None, 0
        if not all(os.path.exists(path) for path in self.unit.all("ConditionPathExists", "Unit")):
            self.process, self.is_wanted = None, False
            return 0
        self.make_folders()
        for text in self.unit.all("ExecStartPre"):
            if self.run(text) != 0:
                return 1
        start = self.unit.get("ExecStart")
        if self.unit.get("Type") != "forking":
            self.process, self.started_at = self.run(start, waits=False), time.monotonic()
            return 0
        if self.run(start) != 0:
            return 1
        with open(self.unit.get("PIDFile"), encoding="utf-8") as file:
            self.pid = int(file.read())
        return 0

    def is_active(self):
        if self.pid:
            return os.path.exists(f"/proc/{self.pid}")
        return self.process is not None and self.process.poll() is None

    def stop(self):
        self.is_wanted, self.again_at = False, None
        for text in self.unit.all("ExecStop"):
            self.run(text)
        if not self.is_active():
            return
        os.kill(self.pid or self.process.pid, getattr(signal, self.unit.get("KillSignal", "SIGTERM")))
        end = time.monotonic() + self.unit.seconds("TimeoutStopSec", 90)
        while self.is_active() and time.monotonic() < end:
            time.sleep(POLL)
        if self.is_active():
            os.kill(self.pid or self.process.pid, signal.SIGKILL)

    def end_if_late(self):
        """A oneshot that takes too long: everything of it is told to end."""
        if self.unit.get("Type") == "oneshot" and self.unit.has("TimeoutStartSec") and self.is_active() and \
                time.monotonic() > self.started_at + self.unit.seconds("TimeoutStartSec", 0):
            os.killpg(self.process.pid, signal.SIGTERM)
            self.started_at = time.monotonic()  # not at every look

    def look(self):
        """Restarts what has ended, as its unit says."""
        self.end_if_late()
        if self.process is None or self.is_active() or not self.is_wanted:
            return
        if self.again_at is None:
            restart = self.unit.get("Restart", "no")
            is_failed = self.process.returncode not in (0, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)
            with self.log() as out:
                out.write(f"{self.unit.name} ended with status {self.process.returncode}\n".encode())
            if restart != "always" and not (restart == "on-failure" and is_failed):
                self.process, self.is_wanted = None, False
                return
            self.again_at = time.monotonic() + self.unit.seconds("RestartSec", 0.1)
        elif time.monotonic() >= self.again_at:
            self.start()


class Manager:
    def __init__(self):
        self.lock = threading.RLock()
        self.services, self.paths = {}, {}
        self.stamps = {}  # of files that a path unit watches

    def service(self, name):
        if name not in self.services:
            self.services[name] = Service(name)
        return self.services[name]

    def has_changed(self, path):
        """Since it was asked last."""
        try:
            stamp = os.stat(path).st_mtime_ns
        except FileNotFoundError:
            stamp = None
        before = self.stamps.get(path, stamp)
        self.stamps[path] = stamp
        return stamp != before

    def look(self):
        with self.lock:
            for name, unit in self.paths.items():
                service = self.service(name.removesuffix(".path") + ".service")
                exists = [os.path.exists(path) for path in unit.all("PathExists", "Path")]
                # What changes while the service runs is lost, as it may be with systemd.
                changed = [self.has_changed(path) for path in unit.all("PathChanged", "Path")]
                if not service.is_active() and service.again_at is None and \
                        ((exists and all(exists)) or any(changed)):
                    service.start()
            for service in self.services.values():
                service.look()

    def start(self, name):
        if name.endswith(".path"):
            unit = self.paths[name] = Unit(name)
            for path in unit.all("PathChanged", "Path"):
                self.has_changed(path)
            return 0
        return self.service(name).start()

    def stop(self, name):
        if name.endswith(".path"):
            unit = self.paths.pop(name, None)
            for path in unit.all("PathChanged", "Path") if unit else ():
                self.stamps.pop(path, None)
        else:
            self.service(name).stop()
        return 0

    def systemctl(self, arguments):
        """What the documents use of it."""
        verb, names = arguments[0], [argument for argument in arguments[1:] if not argument.startswith("-")]
        names = [name if "." in name else name + ".service" for name in names]
        is_now = "--now" in arguments
        with self.lock:
            if verb == "daemon-reload":
                for name, service in list(self.services.items()):
                    if find(name) is None and not service.is_active():
                        del self.services[name]  # its file was removed
                    else:
                        service.unit = Unit(name)
                return 0, ""
            if verb == "is-active":
                active = [name in self.paths or self.service(name).is_active() for name in names]
                return (0 if all(active) else 3), "".join("active\n" if one else "inactive\n" for one in active)
            done = {"enable": (self.start,) if is_now else (), "disable": (self.stop,) if is_now else (),
                    "start": (self.start,), "stop": (self.stop,), "restart": (self.stop, self.start)}
            if verb not in done:
                return 2, f"systemctl {verb} is not known to the tests\n"
            for name in names:
                Unit(name)
                for action in done[verb]:
                    if action(name) != 0:
                        return 1, f"Job for {name} failed because the control process exited with error code.\n"
        return 0, ""


def run(script, settings):
    """A shell script, as root's login shell would run it."""
    done = subprocess.run(["/bin/sh", "-euc", script], cwd="/root", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                          env={"PATH": sandbox.SYSTEM_PATH, "HOME": "/root", "LANG": "C.UTF-8", **settings})
    return done.returncode, done.stdout


def serve(manager, connection):
    with connection:
        request = json.loads(connection.makefile().readline())
        try:
            if request[0] == "systemctl":
                status, output = manager.systemctl(request[1:])
            else:
                status, output = run(*request[1:])
        except (UnitError, OSError, subprocess.SubprocessError, KeyError) as error:
            status, output = 1, f"{shlex.join(map(str, request[:2]))}: {error}\n"
        connection.sendall(json.dumps({"status": status, "output": output}).encode())


def keep(manager):
    while True:
        manager.look()
        time.sleep(POLL)


def be_init():
    """The first process takes over whoever lost their parent, and does nothing else; returns in its child."""
    child = os.fork()
    while child:
        try:
            if os.wait()[0] == child:
                os._exit(1)
        except ChildProcessError:
            os._exit(1)


def main(root, exchange):
    be_init()
    tree.enter(root, exchange)
    manager = Manager()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{tree.EXCHANGE}/init.sock")
    os.chmod(f"{tree.EXCHANGE}/init.sock", 0o666)
    listener.listen(16)
    threading.Thread(target=keep, args=(manager,), daemon=True).start()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(manager, connection), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Separate machines for processes: an empty Debian each, made of namespaces (tests/proc/machine)."""
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from .basics import PATIENCE, ROOT, SANITIZER_WORDS

MACHINE = ROOT / "tests" / "proc" / "machine"
sys.path.insert(0, str(MACHINE))
from ask import ask  # noqa: E402  (also used by the machine itself)


class Machine:
    def __init__(self, folder, name, address):
        self.name, self.address = name, address
        self.folder = Path(folder) / name  # /media/exchange in the machine
        (self.folder / "log").mkdir(parents=True)

    def try_run(self, script, **settings):
        """Runs a shell script as root. (status, output)"""
        said = ask(str(self.folder / "init.sock"), ["run", script, settings], PATIENCE * 4)
        return said["status"], said["output"]

    def run(self, script, **settings):
        """The output; a status other than 0 fails the test."""
        status, output = self.try_run(script, **settings)
        if status != 0:
            raise AssertionError(f"{self.name}: status {status}\n$ {script}\n{output}\n{self.logs()}")
        return output

    def put(self, file, name=None):
        """Copies into root's home, as with scp."""
        shutil.copy(file, self.folder / "incoming")
        self.run(f"cp --preserve=mode /media/exchange/incoming '{name or Path(file).name}'")
        (self.folder / "incoming").unlink()

    def log(self, unit):
        file = self.folder / "log" / f"{unit}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def logs(self, lines=25):
        files = [file for file in sorted((self.folder / "log").glob("*.log")) if file.stat().st_size]
        return "\n".join("\n".join([f"---- {self.name}: {file.name}",
                                    *file.read_text(errors="replace").splitlines()[-lines:]]) for file in files)


class Fleet:
    """Machines connected to the first one. Raises SkipTest where machines are not possible."""

    def __init__(self, folder, **addresses):
        self.folder = Path(folder)
        self.folder.mkdir()
        self.folder.chmod(0o711)
        self.machines = {name: Machine(folder, name, address) for name, address in addresses.items()}
        self.programs = []
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        if as_root and (not shutil.which("sudo") or
                        subprocess.run([*as_root, "true"], capture_output=True, check=False).returncode != 0):
            raise unittest.SkipTest("machines need root, or sudo without a password")
        self._process = subprocess.Popen(
            [*as_root, "/usr/bin/python3", "-B", MACHINE / "fleet.py", folder,
             *(f"{name}={address}" for name, address in addresses.items())],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        said = self._process.stdout.readline().strip()
        if said != "ready":
            status = self._process.wait()
            self.discard()
            if status == 75:
                raise unittest.SkipTest(said)
            raise AssertionError(f"machines: status {status} {said}")

    def __getitem__(self, name):
        return self.machines[name]

    def complaint(self):
        for machine in self.machines.values():
            for file in (machine.folder / "log").glob("*.log"):
                text = file.read_text(errors="replace")
                if any(word in text for word in SANITIZER_WORDS):
                    return f"{machine.name}: {file.name}\n{text[-6000:]}"
        return ""

    def discard(self):
        if self._process.poll() is None:
            self._process.stdin.close()
            self._process.wait(PATIENCE)
        self._process.stdout.close()
        if not self._process.stdin.closed:
            self._process.stdin.close()

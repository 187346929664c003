"""Unit files, as far as their words can be kept without systemd. A word that is neither kept here nor listed as one
that only narrows what a program may do is an error: a test must not pass because a line was overlooked."""
import shlex
from pathlib import Path

FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system")

KEPT = {
    "Service": {"Type", "User", "Group", "UMask", "WorkingDirectory", "Environment", "EnvironmentFile",
                "ExecStartPre", "ExecStart", "ExecStop", "PIDFile", "AmbientCapabilities", "CapabilityBoundingSet",
                "NoNewPrivileges", "StateDirectory", "StateDirectoryMode", "ProtectSystem", "ReadWritePaths",
                "ProtectHome", "PrivateTmp", "LimitNOFILE", "Restart", "RestartSec",
                "TimeoutStartSec", "TimeoutStopSec", "KillSignal"},
    "Path": {"PathExists", "PathChanged"},
    "Install": {"WantedBy"},
    "Unit": {"ConditionPathExists"},
}
# Filters of system calls, devices (a machine has no others) and the like: systemd-analyze looks at them (test_edge_setup.py).
NARROWING = {"ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups",
             "ProtectClock", "ProtectHostname", "ProtectProc", "ProcSubset", "RestrictAddressFamilies",
             "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
             "MemoryDenyWriteExecute", "RemoveIPC", "SystemCallArchitectures", "SystemCallFilter",
             "SystemCallErrorNumber", "PrivateDevices", "DevicePolicy", "KeyringMode", "PrivateMounts", "PrivateNetwork",
             "PrivateUsers"}
OTHER = {"Unit": {"Description", "Documentation", "After", "Before", "Wants", "StartLimitIntervalSec"},
         "Service": {"ExecReload", "KillMode"} | NARROWING, "Path": set(), "Install": set()}


class UnitError(Exception):
    pass


def find(name):
    return next((Path(folder) / name for folder in FOLDERS if (Path(folder) / name).exists()), None)


class Unit:
    """Words by section and name; each has the list of its values, in order."""

    def __init__(self, name):
        self.name = name
        file = find(name)
        if file is None:
            raise UnitError(f"Unit {name} could not be found.")
        self.values = {}
        section = None
        for line in file.read_text().replace("\\\n", " ").splitlines():
            line = line.strip()
            if not line or line[0] in "#;":
                continue
            if line.startswith("["):
                section = line.strip("[]")
                continue
            key, _, value = line.partition("=")
            key, value = key.strip(), value.strip()
            if section not in KEPT or key not in KEPT[section] | OTHER[section]:
                raise UnitError(f"{name}: what {section}.{key} means is not known to the tests")
            self.values.setdefault((section, key), []).append(value)

    def all(self, key, section="Service"):
        """An empty value takes back those before it."""
        values = self.values.get((section, key), [])
        last_empty = max((number for number, value in enumerate(values) if not value), default=-1)
        return values[last_empty + 1:]

    def get(self, key, default="", section="Service"):
        return self.values.get((section, key), [default])[-1]

    def says(self, key):
        return self.get(key, "no").lower() in ("yes", "true", "1", "on")

    def words(self, key):
        return [word for value in self.all(key) for word in shlex.split(value)]

    def has(self, key):
        return ("Service", key) in self.values

    def seconds(self, key, default):
        return float(self.get(key, str(default)).removesuffix("s"))

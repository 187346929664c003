"""What a unit's program sees and may do, as a command line: mounts of its own, then setpriv."""
import pwd
import resource
import shlex

from units import UnitError

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OWN_FILE_SYSTEMS = ("/proc", "/sys", "/dev")


def state_folders(unit):
    return ["/var/lib/" + name for name in unit.words("StateDirectory")]


def is_below(path, top):
    return path == top or path.startswith(top.rstrip("/") + "/")


def mount_points():
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        return [line.split()[4] for line in lines]


def mounts(unit):
    """Shell lines, for a mount namespace that was just made."""
    lines = []
    system = unit.get("ProtectSystem")
    if system not in ("", "no", "strict"):
        raise UnitError(f"{unit.name}: ProtectSystem={system} is not known to the tests")
    if system == "strict":
        writable = unit.words("ReadWritePaths") + state_folders(unit)
        lines += [f"mount --bind {shlex.quote(path)} {shlex.quote(path)}" for path in writable]
        lines += [f"mount -o remount,bind,ro {shlex.quote(point)}" for point in sorted(set(mount_points()))
                  if not any(is_below(point, top) for top in [*OWN_FILE_SYSTEMS, *writable])]
    if unit.says("PrivateTmp"):
        lines += ["mount -t tmpfs -o mode=1777 tmp /tmp", "mount -t tmpfs -o mode=1777 tmp /var/tmp"]
    if unit.says("ProtectHome"):
        lines += [f"mount -t tmpfs -o mode=000,ro none {path}" for path in ("/home", "/root")]
    return lines


def capabilities(names):
    return ",".join(["-all", *("+" + name.lower().removeprefix("cap_") for name in names)])


def privileges(unit):
    """The arguments of setpriv."""
    arguments = []
    user = unit.get("User")
    if user:
        group = unit.get("Group") or str(pwd.getpwnam(user).pw_gid)
        arguments += [f"--reuid={user}", f"--regid={group}", "--init-groups"]
    ambient = capabilities(unit.words("AmbientCapabilities"))
    if user or unit.has("AmbientCapabilities"):
        arguments += [f"--inh-caps={ambient}", f"--ambient-caps={ambient}"]
    if unit.has("CapabilityBoundingSet"):
        arguments.append(f"--bounding-set={capabilities(unit.words('CapabilityBoundingSet'))}")
    if unit.says("NoNewPrivileges"):
        arguments.append("--no-new-privs")
    return arguments


def environment(unit):
    user = pwd.getpwnam(unit.get("User") or "root")
    made = {"PATH": SYSTEM_PATH, "LANG": "C.UTF-8", "USER": user.pw_name, "LOGNAME": user.pw_name, "HOME": user.pw_dir,
            "SHELL": user.pw_shell}
    for file in unit.words("EnvironmentFile"):
        with open(file, encoding="utf-8") as lines:
            made.update(line.strip().split("=", 1) for line in lines if "=" in line)
    made.update(word.split("=", 1) for word in unit.words("Environment"))
    return made


def command(unit, text):
    """The whole command line for one of the unit's Exec lines."""
    words = shlex.split(text.lstrip("-"))
    if text[:1] in "+!:@":
        raise UnitError(f"{unit.name}: '{text}': what its first character means is not known to the tests")
    settings = [f"{name}={value}" for name, value in environment(unit).items()]
    lines = ["set -eu", *mounts(unit), f"cd {shlex.quote(unit.get('WorkingDirectory', '/'))}",
             f"umask {unit.get('UMask', '0022')}"]
    if unit.has("LimitNOFILE"):
        # As far as it may be raised around the machine.
        limit = min(int(unit.get("LimitNOFILE")), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        lines.append(f"ulimit -n {limit}")
    lines.append(f"exec setpriv {shlex.join(privileges(unit))} -- env -i {shlex.join(settings)} {shlex.join(words)}")
    return ["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", "\n".join(lines)]

"""Starts machines and wires them up: fleet.py FOLDER NAME=ADDRESS…, as root. The first one stands in the middle. Says
`ready`, or in one line why there can be none (exit status 75), and ends everything when its input does.

Each machine has mounts, a network, a hostname and processes of its own; nothing outside can be reached from it."""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"  # one that the machines have, too
UNSHARE = ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "--kill-child",
           "--propagation", "private"]


class NoMachines(Exception):
    pass


def check_rights():
    done = subprocess.run([*UNSHARE, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise NoMachines("namespaces are not to be had here: " + (done.stderr.strip() or "unshare failed"))
    for tool in ("ip", "nsenter", "setpriv", "pivot_root"):
        if subprocess.run(["which", tool], capture_output=True, check=False).returncode != 0:
            raise NoMachines(f"{tool} is missing: scripts/deps --tests installs it")


def start(folder, name):
    """Returns the process, and the number by which nsenter knows the machine."""
    root, exchange = f"{folder}/{name}.root", f"{folder}/{name}"
    os.makedirs(root)
    os.makedirs(f"{exchange}/log", exist_ok=True)
    log = open(f"{exchange}/log/init.log", "wb")
    process = subprocess.Popen([*UNSHARE, PYTHON, "-B", f"{HERE}/init.py", root, exchange], stdin=subprocess.DEVNULL,
                               stdout=log, stderr=log)
    end = time.monotonic() + 30
    while not os.path.exists(f"{exchange}/init.sock"):
        if process.poll() is not None or time.monotonic() > end:
            with open(log.name, encoding="utf-8", errors="replace") as said:
                raise AssertionError(f"machine {name} does not come up\n{said.read()}")
        time.sleep(0.02)
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
        return process, int(children.read().split()[0])


def ip(machine, *arguments, may_fail=False):
    done = subprocess.run(["nsenter", f"--net=/proc/{machine}/ns/net", "ip", *map(str, arguments)], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0 and not may_fail:
        raise NoMachines(f"ip {' '.join(map(str, arguments))}: {done.stderr.strip()}")


def wire(machines, addresses):
    """A cable from the first machine to each other one. They need no switch, only what every kernel has."""
    hub, hub_address = machines[0], addresses[0]
    for number, (machine, address) in enumerate(zip(machines, addresses)):
        ip(machine, "link", "set", "lo", "up")
        if machine == hub:
            continue
        cable = f"edge{number}"
        ip(hub, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", machine)
        ip(hub, "address", "add", hub_address, "peer", address, "dev", cable)
        ip(hub, "link", "set", cable, "up")
        ip(machine, "address", "add", address, "peer", hub_address, "dev", "eth0")
        ip(machine, "link", "set", "eth0", "up")


def main(folder, *wanted):
    names, addresses = zip(*(word.split("=") for word in wanted))
    processes, machines = [], []
    try:
        check_rights()
        for name in names:
            process, machine = start(folder, name)
            processes.append(process)
            machines.append(machine)
        wire(machines, addresses)
        print("ready", flush=True)
        sys.stdin.read()
        return 0
    except NoMachines as reason:
        print(reason, flush=True)
        return 75
    finally:
        for process in processes:
            process.kill()  # --kill-child: the first process of the machine, and with it all others
            process.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

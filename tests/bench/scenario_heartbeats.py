"""`heartbeats`: what an idle control costs with heartbeats to every node, beside one without."""
import time

from harness.basics import wait_until

from .cpu import CpuLog

ABOUT = "processor time, memory and rows of an idle control that asks every node what it has, beside one that asks none"
PERIOD = 10


def add_options(parser):
    parser.add_argument("--nodes", type=int, default=10_000, help="how many (default 10000)")
    parser.add_argument("--seconds", type=int, default=60, help="how long each control is measured (default 60)")
    parser.add_argument("--rtt", type=int, nargs=2, default=(0, 0), metavar=("FROM", "TO"),
                        help="round trips of the nodes in ms, drawn for each (default: none but loopback's)")


def rows_updated(bed):
    return int(bed.session.row("SHOW GLOBAL STATUS LIKE 'Handler_update'")[1])


def memory_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return round(next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024)


def metric(bed, series):
    for line in bed.control.request("GET", "/metrics", role=None)[1].splitlines():
        if line.startswith(series + " "):
            return float(line.split()[-1])
    return 0.0


def unseen(bed):
    return int(bed.session.row("SELECT COUNT(*) FROM nodes WHERE enabled = 1 AND observed_content IS NULL")[0])


def restart(bed, heartbeat):
    bed.control.program.stop()
    bed.control.settings["NODE_HEARTBEAT_SEC"] = heartbeat
    bed.control.start()


def measure(bed, seconds):
    """Figures of the control that runs now."""
    cpu = CpuLog(control=bed.control.program.pid, fleet=bed.fleet.pid,
                 database=int((bed.folder / "db" / "pid").read_text()))
    try:
        time.sleep(2 * cpu.EVERY)
        bed.fleet.tell("reset-log")
        rows, start = rows_updated(bed), time.time_ns()
        time.sleep(seconds)
        end = time.time_ns()
        seen, updated = bed.fleet.status(), rows_updated(bed) - rows
        time.sleep(2 * cpu.EVERY)
        span = (end - start) / 1e9
        used = {name: cpu.used(name, start, end) for name in ("control", "fleet", "database")}
        return {"seconds": round(span, 1), "heartbeats": seen["state"], "handshakes": seen["handshake"],
                "cpuPercent": {name: round(100 * value / span, 2) for name, value in used.items()},
                "cpuUsPerHeartbeat": round(used["control"] * 1e6 / seen["state"], 1) if seen["state"] else 0,
                "rowsUpdatedPerSecond": round(updated / span, 1), "memoryMiB": memory_mib(bed.control.program.pid),
                "otherLoadCores": round(cpu.others(start, end), 2)}
    finally:
        cpu.discard()


def run(bed, options):
    bed.session.rows(f"UPDATE nodes SET enabled = 0 WHERE id = {bed.impostor}")
    bed.fleet.tell("rtt", *options.rtt)
    bed.say(f"idle without heartbeats, {options.seconds} s")
    idle = measure(bed, options.seconds)
    restart(bed, PERIOD)
    wait_until(lambda: metric(bed, 'edgeroll_heartbeat_nodes{state="asked"}') == bed.nodes, "every node is watched", 60)
    bed.say("every node is watched; waiting until the first answer of each is written")
    wait_until(lambda: unseen(bed) == 0 and metric(bed, 'edgeroll_heartbeat_nodes{state="silent"}') == 0,
               lambda: f"every node was observed: {unseen(bed)} were not", 120)
    bed.say(f"with heartbeats, {options.seconds} s")
    beating = measure(bed, options.seconds)
    expected = bed.nodes * beating["seconds"] / PERIOD
    # A short measure has its ends in the middle of a period.
    assert abs(beating["heartbeats"] - expected) <= expected * 0.1 + bed.nodes * 0.5, \
        f"{beating['heartbeats']} heartbeats, not {expected:.0f}"
    return {"nodes": bed.nodes, "periodSec": PERIOD, "rttMs": list(options.rtt), "idle": idle, "heartbeats": beating,
            "heartbeatPercentOfACore": round(beating["cpuPercent"]["control"] - idle["cpuPercent"]["control"], 2)}


def lines(found):
    """The table."""
    idle, beating = found["idle"], found["heartbeats"]
    yield f"heartbeats: {found['nodes']} nodes, each asked every {found['periodSec']} s"
    yield f"  {'':<40}{'none':>10}{'each':>10}"
    for name in ("control", "database", "fleet"):
        yield f"  {f'{name}, percent of a core':<40}{idle['cpuPercent'][name]:>10}{beating['cpuPercent'][name]:>10}"
    for key, what in (("cpuUsPerHeartbeat", "control, microseconds a heartbeat"), ("memoryMiB", "control, memory in MiB"),
                      ("rowsUpdatedPerSecond", "rows updated a second"), ("handshakes", "new TLS connections"),
                      ("otherLoadCores", "cores busy with other work meanwhile")):
        yield f"  {what:<40}{idle[key]:>10}{beating[key]:>10}"
    yield f"  heartbeats cost {found['heartbeatPercentOfACore']} % of a core"

"""`return`: how fast a fleet is back on its old content after a release went wrong, beside a plain release."""
import random
import statistics
import time

from harness.basics import wait_until

from . import proofs
from .fleet_log import FleetLog, at_share

ABOUT = "a release, and the way back after a limit trips with 1 % of the nodes dark, in turns"
APPLY_MS = 1500
DARK_SHARE = 0.01
SHARE = 0.99
#: So few cores of other work do not matter.
CALM = 0.1


def add_options(parser):
    parser.add_argument("--nodes", type=int, default=3000, help="how many (default 3000)")
    parser.add_argument("--times", type=int, default=3, help="repetitions; the median counts (default 3)")
    parser.add_argument("--apply-ms", type=int, default=APPLY_MS, help="time an agent takes (default 1500)")
    parser.add_argument("--rtt", type=int, nargs=2, default=(0, 0), metavar=("FROM", "TO"),
                        help="round trips of the nodes in ms, drawn for each (default: none but loopback's)")
    parser.add_argument("--kept", action="store_true", help="let control use the connections that it has kept; without "
                        "it every measured release begins without any, as after a pause of a minute")


def stamp(session, expression, table, where):
    """A time of the database as ns, or None."""
    row = session.row(f"SELECT ROUND(UNIX_TIMESTAMP({expression}) * 1000) FROM {table} WHERE {where}")
    return int(row[0]) * 1_000_000 if row and row[0] else None


def row_ends(bed, number):
    """When rows became a success by the database's clock, sorted."""
    return [int(ms) * 1_000_000 for [ms] in bed.session.rows(
        "SELECT ROUND(UNIX_TIMESTAMP(finished_at) * 1000) FROM release_task_nodes WHERE release_task_id = "
        f"{number} AND status = 'success' ORDER BY finished_at")]


class Return:
    def __init__(self, bed, options):
        self.bed = bed
        self.all = list(range(1, bed.nodes + 1))
        cut = int(bed.nodes * SHARE)
        self.first, self.rest = self.all[:cut], self.all[cut:]
        self.dark_count = max(1, int(len(self.first) * DARK_SHARE))
        self.random = random.Random(4711)
        self.patience = 120 + bed.nodes * 0.03
        self.settling = 30
        self.is_kept = options.kept
        bed.fleet.tell("apply", options.apply_ms, options.apply_ms // 10)
        bed.fleet.tell("rtt", *options.rtt)

    def figures(self, start, log, version, reachable, claim, rows):
        """Seconds from `start` (ns)."""
        dispatched, done = log.times("dispatch", version), log.times("success", version)
        first, last = dispatched[0], at_share(done, SHARE, reachable)

        def since(at_ns):
            return round((at_ns - start) / 1e9, 3)
        sending = [at_share(dispatched, share, reachable) - first for share in (0.5, SHARE)]
        return {"claim": since(claim), "firstDispatch": since(first),
                "dispatched99": since(at_share(dispatched, SHARE, reachable)), "done99": since(last),
                "doneAll": since(done[reachable - 1]), "rows99": since(at_share(rows, SHARE, reachable)),
                "dispatchedTenths": [since(at_share(dispatched, tenth / 10, reachable)) for tenth in range(1, 11)],
                "sendingP50": round(sending[0] / 1e9, 3), "sendingP99": round(sending[1] / 1e9, 3),
                "cpuMsPerNode": {name: round(self.bed.cpu.used(name, start, last) * 1000 / reachable, 3)
                                 for name in ("control", "fleet", "database")},
                "handshakes": sum(1 for entry in log.events if entry[2] == "handshake"),
                "waitedForCore": {name: round(self.bed.cpu.waited(name, start, last), 2)
                                  for name in ("control", "fleet")},
                "otherLoadCores": round(self.bed.cpu.others(start, last), 2)}

    def begin_measure(self):
        if not self.is_kept:
            self.bed.fleet.tell("close-idle")
        self.bed.fleet.tell("reset-log")

    def plain(self):
        """All nodes reachable, one batch, by rows: no ramp."""
        bed = self.bed
        self.begin_measure()
        number, version, start = bed.insert_release([self.all])
        bed.wait_fleet("success", len(self.all), f"plain release {number}: nodes done", self.patience)
        bed.wait_status(number, "success", self.settling)
        log = FleetLog(bed.report())
        proofs.each_was_dispatched_once(log, version, self.all)
        proofs.rows_are(bed, number, self.all)
        proofs.nodes_have(bed, bed.content_of(version), self.all, len(self.all))
        claim = stamp(bed.session, "at", "release_events", f"release_task_id = {number} AND kind = 'claimed'")
        time.sleep(2 * bed.cpu.EVERY)
        return version, self.figures(start, log, version, len(self.all), claim, row_ends(bed, number))

    def bring_to_trip(self):
        """A release that is done in batch 1 and will be refused in batch 2; some nodes of batch 1 go dark."""
        bed = self.bed
        bed.fleet.tell("reset-log")
        number, version, _ = bed.insert_release([self.first, self.rest],
                                                {"on_failure": "rollback", "pause_after_batch": True})
        bed.wait_fleet("success", len(self.first), f"release {number}: nodes of batch 1 done", self.patience)
        wait_until(lambda: bed.release(number)[1] == "review",
                   lambda: f"release {number} waits after batch 1: {bed.release(number)}", self.settling)
        dark = sorted(self.random.sample(self.first, self.dark_count))
        bed.fleet.tell("dark", *dark)
        bed.fleet.tell("fail", *self.rest, "version", version)
        self.begin_measure()
        status, answer = bed.control.request("POST", f"/api/v1/releases/{number}/continue-batch", {})
        assert status == 200, answer
        return number, version, dark

    def trip(self, old_version):
        bed = self.bed
        number, version, dark = self.bring_to_trip()
        back_nodes = [node for node in self.all if node not in set(dark)]
        bed.wait_fleet("success", len(back_nodes), f"rollback of release {number}: nodes back", self.patience)
        where = f"rolls_back = {number}"
        back, back_version = map(int, bed.session.row(f"SELECT id, version FROM release_tasks WHERE {where}"))
        wait_until(lambda: len(row_ends(bed, back)) >= len(back_nodes),
                   lambda: f"rows of rollback {back}: {len(row_ends(bed, back))} of {len(back_nodes)}",
                   self.settling, poll=0.1)
        log = FleetLog(bed.report())
        proofs.rows_are(bed, back, back_nodes, dark)
        proofs.each_was_dispatched_once(log, back_version, back_nodes)
        proofs.nodes_have(bed, bed.content_of(old_version), back_nodes, len(back_nodes))
        # No failure is tolerated, so the first failed answer is the one.
        start = log.times("told_failed", version)[0]
        claim = stamp(bed.session, "at", "release_events", f"release_task_id = {back} AND kind = 'claimed'")
        rows = row_ends(bed, back)
        time.sleep(2 * bed.cpu.EVERY)
        found = self.figures(start, log, back_version, len(back_nodes), claim, rows)
        made = stamp(bed.session, "created_at", "release_tasks", f"id = {back}")
        look = {int(node) for [node] in bed.session.rows(
            f"SELECT node_id FROM release_task_nodes WHERE release_task_id = {back} AND batch = 1")}
        others = [ns for ns, node in log.of("dispatch", back_version) if node not in look]
        found["row"] = round((made - start) / 1e9, 3)
        found["firstLook"] = round((others[0] - log.times("dispatch", back_version)[0]) / 1e9, 3)
        found["failedAnswers"] = len(log.times("told_failed", version))
        found["byReferenceRefused"] = len(log.times("lacks", back_version))
        self.recover(number, back)
        return found

    def recover(self, number, back):
        """The dark nodes come back, and everything ends before the next turn."""
        self.bed.fleet.tell("light")
        self.bed.fleet.tell("fail", "none")
        self.bed.wait_status(back, "success", self.patience)
        self.bed.wait_status(number, "failed", self.settling)


def median_of(turns):
    """Of each figure by itself."""
    def of(values):
        if isinstance(values[0], list):
            return [of(column) for column in zip(*values)]
        if isinstance(values[0], dict):
            return {key: of([value[key] for value in values]) for key in values[0]}
        return round(statistics.median(values), 3)
    return of(turns)


def noisiest(turns):
    """The most cores that other work kept busy during a measured release."""
    return max(found["otherLoadCores"] for turn in turns for found in turn.values())


def run(bed, options):
    proofs.certificates_are_verified(bed)
    bed.say("certificates are verified on both sides")
    scenario = Return(bed, options)
    plains, trips = [], []
    for turn in range(1, options.times + 1):
        bed.say(f"turn {turn} of {options.times}: plain release")
        old_version, found = scenario.plain()
        plains.append(found)
        bed.say(f"turn {turn} of {options.times}: {found['done99']} s to 99 % done; now the trip")
        found = scenario.trip(old_version)
        trips.append(found)
        bed.say(f"turn {turn} of {options.times}: {found['done99']} s from the trip to 99 % back")
    plain, trip = median_of(plains), median_of(trips)
    ratios = {key: round(statistics.median(after[key] / before[key] for before, after in zip(plains, trips)), 2)
              for key in ("firstDispatch", "dispatched99", "done99", "sendingP99")}
    return {"nodes": bed.nodes, "dark": scenario.dark_count, "applyMs": options.apply_ms, "rttMs": list(options.rtt),
            "keptConnections": options.kept,
            "times": options.times, "plain": plain, "trip": trip, "ratio": ratios,
            "turns": [{"plain": before, "trip": after} for before, after in zip(plains, trips)]}


def lines(found):
    """The table."""
    plain, trip, ratio = found["plain"], found["trip"], found["ratio"]

    def line(what, plain_value, trip_value, times=""):
        return f"  {what:<44}{plain_value:>10}{trip_value:>10}{times:>8}"
    kept = "kept" if found["keptConnections"] else "new"
    yield f"return: {found['nodes']} nodes, {found['dark']} dark, {kept} connections, median of {found['times']} turns"
    yield line("seconds from rows inserted / from the trip", "plain", "trip", "ratio")
    yield line("release row", "", trip["row"])
    yield line("claim", plain["claim"], trip["claim"])
    for key, what in (("firstDispatch", "first dispatch"), ("dispatched99", "99 % dispatched"),
                      ("done99", "99 % done, on the nodes"), ("doneAll", "all reachable done"),
                      ("rows99", "99 % of the rows success")):
        yield line(what, plain[key], trip[key], ratio.get(key, ""))
    yield line("first look, to the first dispatch after it", "", trip["firstLook"])
    yield line("sending p50, from the first dispatch", plain["sendingP50"], trip["sendingP50"])
    yield line("sending p99, from the first dispatch", plain["sendingP99"], trip["sendingP99"], ratio["sendingP99"])
    for name in ("control", "database", "fleet"):
        yield line(f"CPU of {name}, ms a node", plain["cpuMsPerNode"][name], trip["cpuMsPerNode"][name])
    for name in ("control", "fleet"):
        yield line(f"seconds that {name} waited for a core", plain["waitedForCore"][name], trip["waitedForCore"][name])
    yield line("new TLS connections", plain["handshakes"], trip["handshakes"])
    yield line("cores busy with other work meanwhile", plain["otherLoadCores"], trip["otherLoadCores"])
    most = noisiest(found["turns"])
    if most > CALM:
        yield f"  BESIDE OTHER LOAD, up to {most} cores in a turn: what is slow here need not be control"

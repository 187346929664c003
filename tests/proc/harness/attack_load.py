"""The long form of tests/proc/test_front.py, for measurements: scripts/attack-load."""
import argparse
import ssl
import sys
import tempfile
import time
from pathlib import Path

from .attack import Attack, Honest, Swarm, addresses, client_hello, memory, slow_body, slow_header, slow_read
from .basics import Addresses, wait_until
from .certs import Certs
from .control import TOKENS, Control
from .database import SqliteDb
from .edge import AGENT_PORT, Edge

P99_MAX, GROWTH_MAX = 200, 64
ROW = "{:34} {:>7} {:>7}  {:>6} {:>7} {:>7} {:>7} {:>5}  {:>6} {:>6}"


class Site:
    def __init__(self, folder):
        folder = Path(folder)
        folder.chmod(0o711)
        network = Addresses()
        certs = Certs(folder / "ca")
        self.database = SqliteDb(folder / "edgeroll.db")
        self.control = Control(folder / "control", network.control(), certs, self.database, LOG_LEVEL="info")
        self.edge = Edge(folder / "edge-1", "edge-1", network.edge(), certs)
        certificate, key = certs.control("honest")
        self.context = ssl.create_default_context(cafile=str(certs.ca))
        self.context.load_cert_chain(certificate, key)

    def start(self):
        self.control.start()
        self.edge.start()
        assert self.control.request("PUT", "/api/v1/configs/1", {"payload": {"files": [
            {"path": "a", "content": "x" * (1 << 20)}]}})[0] == 200
        status, answer = self.control.request("POST", "/api/v1/nodes", {"name": "edge-1", "main_ip": self.edge.address})
        assert status == 200, answer
        status, answer = self.control.request("POST", "/api/v1/releases", {"target": "cdn", "version": 1})
        assert status == 200, answer
        number = answer["data"]["releaseId"]
        wait_until(lambda: self.control.release(number)["status"] == "success", "the release succeeds")
        self.path = f"/api/v1/releases/{number}"

    def discard(self):
        self.control.discard()
        self.edge.discard()
        self.database.discard()

    def honest(self, is_api):
        if is_api:
            where = (self.control.address, 8080)
            return [Honest(*where, self.path, TOKENS["viewer"]), Honest(*where, "/healthz", is_kept=False, pause=0.1),
                    Honest(*where, self.path, TOKENS["viewer"], is_kept=False, pause=0.1)]
        where = (self.edge.address, AGENT_PORT)
        return [Honest(*where, "/state", context=self.context),
                Honest(*where, "/state", context=self.context, is_kept=False, pause=0.1)]

    def phases(self, count, seconds):
        many, few, one = addresses(201, 2000), addresses(202, 50), addresses(203, 1)
        api = {"address": self.control.address, "port": 8080, "count": count, "seconds": seconds}
        agent = {"address": self.edge.address, "port": AGENT_PORT, "count": count, "seconds": seconds}
        again = {"total": 20 * count, "rate": 4 * count}
        admin, viewer = TOKENS["admin"], TOKENS["viewer"]
        hello = client_hello()
        idle = {"count": 4 * count, **again}
        yield "api: nobody else", True, []
        yield "api: slow headers", True, [slow_header(sources=few, total=4 * count, **api)]
        yield "api: bodies without a token", True, [slow_body(sources=few, **{**api, **again})]
        yield "api: slow bodies of admins", True, [slow_body(token=admin, sources=few, total=4 * count, **api)]
        yield "api: slow readers", True, [slow_read(sources=few, total=4 * count, **api)]
        yield "api: slow readers with a token", True, [slow_read(
            path="/api/v1/configs/1", token=viewer, times=8, sources=few, total=count, **api)]
        yield "api: idle, one address", True, [Swarm(sources=one, **{**api, **idle})]
        yield "api: idle, many addresses", True, [Swarm(sources=many, **{**api, **idle})]
        yield "api: all kinds at once", True, [
            slow_header(sources=few, total=4 * count, **api), slow_body(token=admin, sources=few, **api),
            slow_read(sources=few, **api), Swarm(sources=many, **{**api, **idle})]
        yield "agent: nobody else", False, []
        yield "agent: idle, one address", False, [Swarm(sources=one, **{**agent, **idle})]
        yield "agent: idle, many addresses", False, [Swarm(sources=many, **{**agent, **idle})]
        yield "agent: no TLS, many addresses", False, [Swarm(first=b"GET / HTTP/1.1\r\n\r\n", sources=many,
                                                             **{**agent, **again})]
        yield "agent: half handshakes", False, [Swarm(first=hello, sources=many, total=4 * count, rate=count // 2,
                                                      **{key: agent[key] for key in ("address", "port", "count",
                                                                                     "seconds")})]


def run_phase(site, name, is_api, swarms, seconds):
    """(the row, its fault)."""
    program = (site.control if is_api else site.edge).program
    before, lines, peak = memory(program.pid), program.log().count("\n"), 0
    honest = site.honest(is_api)
    with Attack(*swarms) as attack:
        for one in honest:
            one.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and (attack.is_going_on() or not swarms):
            peak = max(peak, memory(program.pid))
            time.sleep(0.1)
    for one in honest:
        one.end()
    peak = max(peak, memory(program.pid))
    times = sorted(took for one in honest for took in one.times)
    failures = [text for one in honest for text in one.failures]
    p99 = max(one.percentile(0.99) for one in honest)
    opened, cut = (sum(outcome[what] for outcome in attack.outcomes) for what in ("opened", "cut"))
    print(ROW.format(name, opened, cut, len(times), f"{times[len(times) // 2]:.1f}" if times else "-", f"{p99:.1f}",
                     f"{times[-1]:.1f}" if times else "-", len(failures), f"{peak - before:.1f}",
                     program.log().count("\n") - lines), flush=True)
    faults = []
    if not p99 < P99_MAX:
        faults.append(f"{name}: p99 of an honest client is {p99:.0f} ms, not under {P99_MAX}")
    if failures:
        faults.append(f"{name}: {len(failures)} honest requests failed: {failures[0]}")
    if peak - before >= GROWTH_MAX:
        faults.append(f"{name}: the program grew by {peak - before:.0f} MiB, not under {GROWTH_MAX}")
    return faults


def main(arguments):
    parser = argparse.ArgumentParser(prog="scripts/attack-load", description=__doc__)
    parser.add_argument("--clients", type=int, default=500, help="of each kind at once (500)")
    parser.add_argument("--seconds", type=float, default=20, help="of each phase (20)")
    parser.add_argument("--only", default="", help="phases whose name holds this text")
    options = parser.parse_args(arguments)
    if not 1 <= options.clients <= 1000 or not 1 <= options.seconds <= 120:
        parser.error("1 to 1000 clients, 1 to 120 seconds")
    with tempfile.TemporaryDirectory(prefix="edgeroll-attack-") as folder:
        site = Site(folder)
        try:
            site.start()
            print(ROW.format("phase", "opened", "cut", "asked", "p50 ms", "p99 ms", "max ms", "fail", "MiB", "lines"))
            faults = []
            for name, is_api, swarms in site.phases(options.clients, options.seconds):
                if options.only in name:
                    faults += run_phase(site, name, is_api, swarms, options.seconds)
            for fault in faults:
                print(f"attack-load: {fault}", file=sys.stderr)
            return 1 if faults else 0
        finally:
            site.discard()

"""Before a login: what connections and bodies of strangers may cost, and bytes that two programs could read
differently, against the real programs. scripts/attack-load is the long form of the last cases."""
import contextlib
import json
import re
import resource
import socket
import ssl
import time
import unittest

from harness import ProcCase, wait_until
from harness.attack import (Attack, Honest, Swarm, addresses, client_hello, memory, slow_body, slow_header,
                            slow_read)
from harness.basics import BIN, PATIENCE
from harness.control import TOKENS
from harness.edge import AGENT_PORT

API_PORT = 8080
BODY_MAX = (8 << 20) + (64 << 10)
GROWTH_MAX = 64
# Of hundreds of connections at once. Sanitizers keep what was freed for a while, and pad what was not.
CROWD_GROWTH_MAX = 512 if "asan" in str(BIN) else 64


def setUpModule():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Raw:
    """A connection that speaks bytes."""

    def __init__(self, address, port=API_PORT, source=None):
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if source:
            self.socket.bind((source, 0))
        self.socket.connect((address, port))

    def send(self, text):
        with contextlib.suppress(OSError):  # a peer that has refused us may be gone
            self.socket.sendall(text if isinstance(text, bytes) else text.encode("latin-1"))
        return self

    def until(self, text):
        """What was read up to this text, or to the end."""
        heard = b""
        with contextlib.suppress(ConnectionError):
            while text.encode() not in heard:
                piece = self.socket.recv(65536)
                if not piece:
                    break
                heard += piece
        return heard.decode("latin-1")

    def to_end(self):
        return self.until("no such text")

    def close(self):
        self.socket.close()


def header(method, path, token="admin", **fields):
    lines = [f"{method} {path} HTTP/1.1", "Host: a"]
    if token:
        lines.append(f"Authorization: Bearer {TOKENS.get(token, token)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines) + "\r\n\r\n"


def assert_served(case, honest):
    """Each of them gets some more answers from now on."""
    before = [len(one.times) for one in honest]
    wait_until(lambda: all(len(one.times) >= count + 3 for one, count in zip(honest, before)),
               lambda: f"honest clients are served: {[one.failures[:3] for one in honest]}")


class Front(ProcCase):
    def setUp(self):
        super().setUp()
        self.api = self.control(RELEASE_EXECUTOR_ENABLED=0)
        self.raws = []
        self.addCleanup(lambda: [raw.close() for raw in self.raws])

    def raw(self, source=None):
        self.raws.append(Raw(self.api.address, source=source))
        return self.raws[-1]

    def figure(self, name):
        return self.api.metric(re.escape(name))

    def assert_refused(self, raw, status, code):
        """That answer, and the end of the connection."""
        answer = raw.to_end()
        self.assertTrue(answer.startswith(f"HTTP/1.1 {status} "), answer)
        self.assertIn("Connection: close\r\n", answer)
        self.assertEqual(json.loads(answer.split("\r\n\r\n", 1)[1])["code"], code)
        return answer

    def test_a_body_is_read_only_for_those_who_may_send_it(self):
        self.raw().send(header("GET", "/healthz")).until("version")
        before = memory(self.api.program.pid)
        for number in range(60):
            token, status, code = [(None, 401, 1001), ("wrong", 401, 1002), ("viewer", 403, 1004)][number % 3]
            raw = self.raw().send(header("PUT", "/api/v1/configs/1", token, Content_Length=BODY_MAX))
            self.assert_refused(raw, status, code)
        for path, status, code in (("/nothing", 404, 3001), ("/api/v1/stats", 405, 2002)):
            self.assert_refused(self.raw().send(header("POST", path, None, Content_Length=BODY_MAX)), status, code)
        self.assertLess(memory(self.api.program.pid) - before, GROWTH_MAX)

    def test_memory_of_a_body_grows_with_what_arrived(self):
        before = memory(self.api.program.pid)
        for _ in range(60):
            self.raw().send(header("PUT", "/api/v1/configs/1", Content_Length=BODY_MAX) + "{" * 10_000)
        wait_until(lambda: self.figure("edgeroll_http_body_bytes") >= 60 * 10_000, "all has arrived")
        self.assertLess(self.figure("edgeroll_http_body_bytes"), 60 * 32_768)
        self.assertEqual(self.figure('edgeroll_http_connections{who="known"}'), 60)
        self.assertLess(memory(self.api.program.pid) - before, GROWTH_MAX)
        for raw in self.raws:
            raw.close()
        wait_until(lambda: self.figure("edgeroll_http_body_bytes") == 0, "all was given back")

    def test_continue_is_said_to_those_who_may(self):
        expecting = {"Expect": "100-continue", "Content_Length": 20}
        refused = self.raw().send(header("POST", "/api/v1/releases", "wrong", **expecting))
        self.assertNotIn("100", self.assert_refused(refused, 401, 1002).split("\r\n")[0])
        welcome = self.raw().send(header("POST", "/api/v1/releases", **expecting))
        self.assertEqual(welcome.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n")
        welcome.send('{"target":"nothing"} ')
        self.assertTrue(welcome.until("}").startswith("HTTP/1.1 400 "))

    def test_limits_are_those_of_the_call_and_the_caller(self):
        small, middle = 64 << 10, 1 << 20
        for method, path, limit in (("POST", "/api/v1/nodes", small), ("PATCH", "/api/v1/nodes/1", small),
                                    ("POST", "/api/v1/releases/1/rollback", small),
                                    ("POST", "/api/v1/releases/1/stop-batch", small),
                                    ("GET", "/api/v1/releases", small), ("POST", "/api/v1/releases", middle),
                                    ("POST", "/api/v1/releases/1/retry", middle),
                                    ("PUT", "/api/v1/configs/1", BODY_MAX)):
            with self.subTest(f"{method} {path}"):
                said = self.assert_refused(self.raw().send(header(method, path, Content_Length=limit + 1)), 413, 2002)
                self.assertIn(f"larger than {limit} bytes", said)
                chunks = header(method, path, Transfer_Encoding="chunked") + f"{limit + 1:x}\r\n"
                self.assert_refused(self.raw().send(chunks), 413, 2002)
                fits = self.raw().send(header(method, path, Content_Length=limit, Expect="100-continue"))
                self.assertTrue(fits.until("\r\n\r\n").startswith("HTTP/1.1 100 "))

    def test_all_bodies_together_have_64_mib_and_a_stop_has_its_own(self):
        start, piece = header("PUT", "/api/v1/configs/1", Content_Length=BODY_MAX) + "{", b" " * (1 << 20)
        first = [self.raw().send(start) for _ in range(7)]
        for _ in range(8):  # by turns, since who stands still is cut off
            for raw in first:
                raw.send(piece)
        # Seven are at most 56.4 MiB; one more of this size is too much.
        wait_until(lambda: self.figure("edgeroll_http_body_bytes") > 56 << 20, "they have arrived")
        answers = []
        for _ in range(2):
            answers.append(self.raw().send(start).send(piece * 8).to_end())
        self.assertTrue(all(answer.startswith("HTTP/1.1 503 ") for answer in answers), answers)
        self.assertIn('"code":5003', answers[0])
        self.assertIn("Retry-After:", answers[0])
        self.assertLessEqual(self.figure("edgeroll_http_body_bytes"), 64 << 20)
        status, answer = self.api.request("POST", "/api/v1/releases/9/stop-batch", {"reason": "x" * 4000})
        self.assertEqual((status, answer["code"]), (404, 3001))
        self.assertGreaterEqual(self.figure('edgeroll_http_turned_away_total{why="no_room"}'), 1)

    def test_idle_connections_keep_nobody_out(self):
        sources = addresses(210, 150)
        for number in range(1100):
            self.raw(sources[number % 150])
        for _ in range(3):
            self.assertEqual(self.api.request("GET", "/healthz", role=None)[0], 200)
            self.assertEqual(self.api.request("GET", "/api/v1/nodes", role="viewer")[0], 200)
        self.assertLessEqual(self.figure('edgeroll_http_connections{who="unknown"}'), 512)
        self.assertGreaterEqual(self.figure('edgeroll_http_turned_away_total{why="evicted"}'), 500)
        log = self.api.program.log()
        self.assertIn("event=connections_full", log)
        self.assertLess(log.count("event=connections_full"), 20)

    def test_one_address_has_its_limit_and_a_proxy_none(self):
        for _ in range(300):
            self.raw(self.api.address)
        wait_until(lambda: self.figure('edgeroll_http_connections{who="unknown"}') <= 257, "the oldest have gone")
        self.assertEqual(self.api.request("GET", "/api/v1/nodes")[0], 200)
        self.raws[0].socket.settimeout(PATIENCE)
        self.assertEqual(self.raws[0].to_end(), "", "it waited longest")
        proxied = self.control(name="proxied", RELEASE_EXECUTOR_ENABLED=0, HTTP_MAX_PER_ADDRESS=0)
        self.raws += [Raw(proxied.address) for _ in range(300)]
        wait_until(lambda: proxied.metric(r'edgeroll_http_connections\{who="unknown"\}') > 300, "they all stay")

    def test_guests_at_work_leave_room_for_health_and_stop(self):
        control = self.control(name="small", RELEASE_EXECUTOR_ENABLED=0, HTTP_MAX_PER_ADDRESS=3)
        for _ in range(3):
            raw = Raw(control.address)
            self.raws.append(raw.send(header("PUT", "/api/v1/configs/1", Content_Length=100)))
        known = r'edgeroll_http_connections\{who="known"\}'
        wait_until(lambda: control.metric(known) == 3, "three are at work")
        self.assertEqual(control.request("GET", "/api/v1/nodes")[:1], (503,))
        self.assertEqual(control.request("GET", "/healthz", role=None)[0], 200)
        self.assertEqual(control.request("POST", "/api/v1/releases/9/stop-batch", {"reason": "now"})[0], 404)
        self.raws[-1].close()
        wait_until(lambda: control.request("GET", "/api/v1/nodes")[0] == 200, "there is a place again")

    def test_slow_ones_are_cut(self):
        begin = time.monotonic()
        slow = self.raw().send("GET /healthz HTTP/1.1\r\nHost: a\r\nX: ")
        body = self.raw().send(header("POST", "/api/v1/releases", Content_Length=1000) + "{")
        large = self.raw().send(header("PUT", "/api/v1/configs/1", Content_Length=BODY_MAX) + "{" * 15_000)
        silent = self.raw()
        while time.monotonic() < begin + 8:
            for raw in (slow, body, large):
                raw.send("x")
            time.sleep(0.5)
        self.assertEqual([raw.to_end() for raw in (slow, silent, body, large)], [""] * 4)
        took = time.monotonic() - begin
        self.assertGreater(took, 14)
        self.assertEqual(self.figure("edgeroll_http_body_bytes"), 0)
        self.assertGreaterEqual(self.figure('edgeroll_http_turned_away_total{why="slow"}'), 3)

    def test_bytes_that_can_be_read_in_two_ways_are_refused(self):
        get, post = "GET /healthz HTTP/1.1\r\nHost: a\r\n", header("POST", "/api/v1/releases")[:-2]
        chunked = post + "Transfer-Encoding: chunked\r\n"
        bad = {
            "no host": "GET /healthz HTTP/1.1\r\n\r\n", "two hosts": get + "Host: a\r\n\r\n",
            "an empty and a full host": "GET /healthz HTTP/1.1\r\nHost:\r\nHost: a\r\n\r\n",
            "no host at all": "GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n",
            "two lengths": post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
            "two other lengths": post + "Content-Length: 2\r\nContent-Length: 0\r\n\r\n{}",
            "a list of lengths": post + "Content-Length: 2, 2\r\n\r\n{}",
            "length and chunks": chunked + "Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "chunks and length": post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            "chunks twice": chunked + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "chunks of something else": post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "chunks in the old version": chunked.replace("1.1", "1.0") + "\r\n2\r\n{}\r\n0\r\n\r\n",
            "a folded line": get + "X: 1\r\n 2\r\n\r\n", "a folded length": post + "Content-Length:\r\n 2\r\n\r\n{}",
            "bare line feeds": get.replace("\r", "") + "\n", "one bare line feed": get + "X: 1\nY: 2\r\n\r\n",
            "a bare line feed at the end": get + "\n", "a bare carriage return": get + "X: 1\rY: 2\r\n\r\n",
            "NUL in a field": get + "X: \0\r\n\r\n", "NUL in a name": get + "X\0: 1\r\n\r\n",
            "NUL in the target": "GET /healthz\0 HTTP/1.1\r\nHost: a\r\n\r\n", "a blank before the colon": get + "X : 1\r\n\r\n",
            "trailers": chunked + "\r\n2\r\n{}\r\n0\r\nX-More: 1\r\n\r\n",
            "a trailer that is a length": chunked + "\r\n2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n",
            "chunks with bare line feeds": chunked + "\r\n2\n{}\n0\n\n",
            "a chunk that is longer than it says": chunked + "\r\n2\r\n{}}\r\n0\r\n\r\n",
            "a signed chunk": chunked + "\r\n+2\r\n{}\r\n0\r\n\r\n",
        }
        hidden = "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
        for what, text in bad.items():
            with self.subTest(what):
                answer = self.raw().send(text + hidden).to_end()
                self.assertRegex(answer, r"^HTTP/1\.[01] 400 ")
                self.assertEqual(answer.count("HTTP/1."), 1, answer)
        good = self.raw().send("GET http://else:1/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").to_end()
        self.assertTrue(good.startswith("HTTP/1.1 200 "), good)
        self.assertRegex(good, r"\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n")
        self.assertIn("\r\nX-Content-Type-Options: nosniff\r\n", good)

    def test_crowd_of_all_kinds_does_not_keep_an_honest_client_waiting_for_ever(self):
        before, lines = memory(self.api.program.pid), self.api.program.log().count("\n")
        where = {"address": self.api.address, "port": API_PORT, "count": 60, "seconds": 3 * PATIENCE, "rate": 100}
        few, many = addresses(211, 20), addresses(212, 400)
        honest = [Honest(self.api.address, API_PORT, "/api/v1/nodes", TOKENS["viewer"], seconds=PATIENCE),
                  Honest(self.api.address, API_PORT, "/healthz", is_kept=False, seconds=PATIENCE)]
        with Attack(slow_header(sources=few, total=100, **where),
                    slow_body(sources=few, total=100, **where),
                    slow_body(token=TOKENS["admin"], sources=few, total=100, **where),
                    slow_read(times=20, sources=few, total=100, **where),
                    Swarm(sources=many, **{**where, "count": 700, "total": 1500, "rate": 400})) as attack:
            for one in honest:
                one.start()
            wait_until(lambda: self.figure('edgeroll_http_connections{who="unknown"}') > 300, "the crowd is there")
            assert_served(self, honest)
        for one in honest:
            one.end()
            self.assertEqual(one.failures, [])
        self.assertEqual(len(attack.outcomes), 5)
        self.assertGreater(min(outcome["opened"] for outcome in attack.outcomes), 5, attack.outcomes)
        self.assertLess(memory(self.api.program.pid) - before, CROWD_GROWTH_MAX)
        self.assertLess(self.api.program.log().count("\n") - lines, 50)


class AgentFront(ProcCase):
    def test_who_has_shown_no_certificate_keeps_nobody_out(self):
        edge = self.edge(1)
        certificate, key = self.certs.control("honest")
        context = ssl.create_default_context(cafile=str(self.certs.ca))
        context.load_cert_chain(certificate, key)
        before, lines = memory(edge.program.pid), edge.program.log().count("\n")
        where = {"address": edge.address, "port": AGENT_PORT, "seconds": 3 * PATIENCE}
        few, many = addresses(213, 20), addresses(214, 400)
        kept = Honest(edge.address, AGENT_PORT, "/state", context=context, seconds=PATIENCE)
        fresh = Honest(edge.address, AGENT_PORT, "/healthz", context=context, is_kept=False, seconds=PATIENCE)
        with Attack(Swarm(sources=addresses(215, 1), count=600, total=900, rate=300, **where),
                    Swarm(sources=many, count=600, total=900, rate=300, **where),
                    Swarm(first=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", sources=few, count=50, total=300, rate=100, **where),
                    Swarm(first=client_hello(), sources=many, count=100, total=200, rate=50, **where)) as attack:
            for one in (kept, fresh):
                one.start()
            wait_until(lambda: "event=connections_full" in edge.program.log(), "the crowd is there")
            assert_served(self, (kept, fresh))
        for one in (kept, fresh):
            one.end()
            self.assertEqual(one.failures, [])
        self.assertGreater(min(outcome["opened"] for outcome in attack.outcomes), 5, attack.outcomes)
        self.assertLess(memory(edge.program.pid) - before, CROWD_GROWTH_MAX)
        self.assertLess(edge.program.log().count("\n") - lines, 50)
        log = edge.program.log()
        self.assertRegex(log, r"event=tls_refused [^\n]*count=")


if __name__ == "__main__":
    unittest.main()

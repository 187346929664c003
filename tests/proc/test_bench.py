"""The bench runs, so that it does not rot. Its figures are not judged here."""
import json
import socket
import subprocess
import sys
import unittest

from harness import ProcCase
from harness.basics import BIN, ROOT, clean_environment, run


class Bench(ProcCase):
    def bench(self, *arguments):
        return run([sys.executable, "-B", ROOT / "scripts" / "bench", *arguments],
                   clean_environment(EDGEROLL_BIN=BIN), seconds=240)

    def test_return_measures_a_small_fleet(self):
        place = self.folder / "figures.json"
        status, said = self.bench("return", "--nodes", 60, "--times", 1, "--apply-ms", 200, "--rtt", 1, 9,
                                  "--json", place)
        self.assertEqual(status, 0, said)
        found = json.loads(place.read_text())
        self.assertEqual((found["nodes"], found["dark"]), (60, 1))
        for kind in ("plain", "trip"):
            self.assertGreater(found[kind]["done99"], found[kind]["firstDispatch"])
            self.assertGreater(found[kind]["handshakes"], 50)
        self.assertIn("60 nodes, 1 dark", said)

    def test_heartbeats_measures_a_small_fleet(self):
        place = self.folder / "figures.json"
        status, said = self.bench("heartbeats", "--nodes", 40, "--seconds", 12, "--json", place)
        self.assertEqual(status, 0, said)
        found = json.loads(place.read_text())
        self.assertEqual(found["idle"]["heartbeats"], 0)
        self.assertLess(found["heartbeats"]["handshakes"], 20)
        self.assertGreater(found["heartbeats"]["heartbeats"], 30)
        self.assertIn("heartbeats cost", said)

    def test_wrong_usage_is_refused(self):
        status, said = self.bench("return", "--nodes", "many")
        self.assertEqual(status, 2, said)
        self.assertIn("many", said)


class BenchFleet(ProcCase):
    def setUp(self):
        super().setUp()
        self.nodes = self.folder / "nodes"
        self.nodes.write_text(f"1 edge-1 {self.addresses.edge()}\n")

    def fleet(self, *options, stdin=""):
        options = dict(zip(options[::2], options[1::2]))
        options = {"--nodes": self.nodes, "--ca": self.certs.ca, "--ca-key": self.certs.ca_key, **options}
        return run([BIN / "bench_fleet", *(word for pair in options.items() for word in pair)], stdin=stdin)

    def test_ends_with_its_input(self):
        done = subprocess.run([BIN / "bench_fleet", "--nodes", self.nodes, "--ca", self.certs.ca, "--ca-key",
                               self.certs.ca_key], input="apply 10 2\nfail 1 version 2\ndark 1\nlight\nquit\n",
                              capture_output=True, text=True, env=clean_environment(), timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^listening \d+\nok\nok 1 nodes\nok 1 nodes\nok\nok bye\n$")

    def test_bad_input_names_the_culprit(self):
        with socket.create_server(("0.0.0.0", 0)) as taken:
            port = taken.getsockname()[1]
            cases = [("unknown option '--nods'", ("--nods", "x"), ""),
                     ("/nowhere/ca.crt", ("--ca", "/nowhere/ca.crt"), ""),
                     ("/nowhere/list", ("--nodes", "/nowhere/list"), ""),
                     (f"port {port}", ("--port", port), ""),
                     ("--port 70000", ("--port", 70000), ""),
                     ("unknown command 'drak'", (), "drak 1\n"),
                     ("there is no node 2", (), "dark 1-2\n"),
                     ("'x7' is no number", (), "apply x7\n")]
            for culprit, options, stdin in cases:
                with self.subTest(culprit):
                    status, said = self.fleet(*options, stdin=stdin)
                    self.assertEqual(status, 2, said)
                    self.assertIn(culprit, said)


if __name__ == "__main__":
    unittest.main()

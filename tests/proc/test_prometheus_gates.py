"""Gates that are queries to Prometheus: by a real one, and with answers that are none."""
import json
import unittest

from harness import ProcCase, wait_until
from harness.edge import plain
from harness.prometheus import Metrics, Prometheus, PrometheusDouble, vector

QUERY = 'edge_errors{edge=~"{{released_re}}"}'


class PrometheusGates(ProcCase):
    def setUp(self):
        super().setUp()
        self.one_control = self.control()
        self.fleet_of_three = self.fleet(3)
        self.insert_nodes(self.fleet_of_three.agents.values())
        self.insert_config(1, plain(1))

    def begin(self, gates, status=200, version=1, **batch_config):
        answer = self.create(self.one_control, status=status, version=version,
                             batch_config={"batches": ["1", "rest"], "gates": gates, **batch_config})
        return answer["releaseId"] if status == 200 else answer

    def gate(self, url, query="up", name="5xx", **more):
        source = {"url": url, "query": query}
        if "token_file" in more:
            source["token_file"] = more.pop("token_file")
        return {"name": name, "prometheus": source, "pass": "< 0.01", "every_sec": 0.2, **more}

    def double(self):
        return self.keep(PrometheusDouble(self.addresses.control()))

    def evidence(self, number, gate="5xx"):
        """[[verdict, is_decisive, summary, detail]]"""
        return [[verdict, decisive, summary, json.loads(detail) if detail else None]
                for verdict, decisive, summary, detail in self.database.rows(
                    "SELECT verdict, is_decisive, summary, COALESCE(detail, '') FROM release_evidence WHERE "
                    f"release_task_id = {number} AND gate = '{gate}' ORDER BY id")]

    # ---- a real Prometheus ----

    def test_real_prometheus_lets_a_good_release_pass_and_stops_a_bad_one(self):
        metrics = self.keep(Metrics(self.addresses.control()))
        metrics.values = {"edge-1": 0.001, "edge-2": 0.002, "edge-9": 7}
        prometheus = self.keep(Prometheus(self.folder / "prometheus", self.addresses.control(), metrics))
        prometheus.wait_for("edge_errors%7Bedge=%22edge-1%22%7D", 0.001)
        gate = self.gate(prometheus.url, QUERY, fail=">= 0.05")
        number = self.begin([gate], bake_sec=0.5)
        self.wait_status(number, "success")
        verdict, decisive, summary, detail = self.evidence(number)[-1]
        self.assertEqual([verdict, decisive], ["pass", "1"])
        self.assertIn("0.002 < 0.01 (worst of 2", summary)  # edge-9 is in no release
        self.assertEqual(detail["query"], 'edge_errors{edge=~"edge-1|edge-2|edge-3"}')
        self.assertEqual([detail["data"], detail["count"], len(detail["samples"])], [True, 2, 2])

        metrics.values["edge-1"] = 0.5
        prometheus.wait_for("edge_errors%7Bedge=%22edge-1%22%7D", 0.5)
        self.insert_config(2, plain(2))
        bad = self.begin([gate], version=2, bake_sec=3600)
        self.wait_status(bad, "failed")
        self.assertIn("gate '5xx' refused: 0.5 >= 0.05 (edge_errors{edge=\"edge-1\"", self.release_row(bad, "last_error")[0])
        self.assertEqual([row[0] for row in self.evidence(bad)], ["fail"])

    def test_real_prometheus_without_data_and_with_a_slip_is_unsure(self):
        metrics = self.keep(Metrics(self.addresses.control()))
        metrics.values = {"edge-9": 0}
        prometheus = self.keep(Prometheus(self.folder / "prometheus", self.addresses.control(), metrics))
        prometheus.wait_for("edge_errors", 0)
        number = self.begin([self.gate(prometheus.url, QUERY), self.gate(prometheus.url, "sum(", name="slip")],
                            gate_timeout_sec=1)
        self.wait_hold(number, "review", 1)
        error = self.release_row(number, "last_error")[0]
        self.assertIn("gate '5xx' was unsure for its whole gate_timeout_sec: the query has no result", error)
        self.assertIn("400 bad_data", error)
        self.assertEqual(self.evidence(number)[-1][3]["data"], False)

    # ---- answers that are none ----

    def test_nothing_but_a_whole_answer_passes(self):
        double = self.double()
        good = json.dumps(vector(0.001)).encode()

        def cut(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(good) + 10))
            handler.end_headers()
            handler.wfile.write(good)
            handler.close_connection = True

        def chunked_cut(handler):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(good), good))
            handler.close_connection = True

        odd = {
            "NaN": vector("NaN"), "empty": vector(), "infinite": vector("+Inf"), "half a NaN": vector(0.001, "NaN"),
            "500": lambda handler: double.send(handler, 500, good),
            "redirect": lambda handler: double.send(handler, 302, good, Location=f"{double.url}/api/v1/query"),
            "2 MiB": lambda handler: double.send(handler, 200, good + b" " * (2 << 20)),
            "garbage behind": lambda handler: double.send(handler, 200, good + b"{}"),
            "cut": cut, "cut in chunks": chunked_cut,
            "warnings": {**vector(0.001), "warnings": ["a store is away"]},
            "matrix": {"status": "success", "data": {"resultType": "matrix", "result": []}},
        }
        double.answers = [vector()]
        number = self.begin([self.gate(double.url)], gate_timeout_sec=300)
        for name, answer in odd.items():
            with self.subTest(name):
                double.answers = [answer]
                asked = len(double.questions)
                wait_until(lambda: len(double.questions) >= asked + 3, lambda: self.describe(number))
        self.assertEqual(self.release_row(number, "current_batch, hold"), ["1", "gate"])

    def test_waits_for_data_and_goes_on_when_it_is_there(self):
        double = self.double()
        double.answers = [vector("NaN"), vector(), vector("+Inf"), vector(0.001, 0.002)]
        number = self.begin([self.gate(double.url)], gate_timeout_sec=60)
        self.wait_status(number, "success")
        rows = self.evidence(number)
        self.assertEqual([row[0] for row in rows], ["unsure", "unsure", "pass", "pass"])  # NaN and empty are one class
        self.assertIn("worst of 2: {edge=\"e2\"}", rows[-1][2])
        method, path, form, headers = double.questions[0]
        self.assertEqual([method, path, form], ["POST", "/api/v1/query", {"query": "up"}])
        self.assertNotIn("Authorization", headers)

    def test_worst_of_two_samples_decides(self):
        double = self.double()
        double.answers = [vector(0.001, 0.5)]
        number = self.begin([self.gate(double.url)])
        self.wait_status(number, "failed")
        self.assertIn("0.5 is not < 0.01 (worst of 2: {edge=\"e2\"})", self.release_row(number, "last_error")[0])

    def test_no_data_passes_where_the_gate_says_so_and_the_evidence_says_it(self):
        double = self.double()
        double.answers = [vector()]
        number = self.begin([self.gate(double.url, no_data="pass")])
        self.wait_status(number, "success")
        self.assertEqual([[row[0], row[3]["data"]] for row in self.evidence(number)], [["pass", False]] * 2)

    def test_server_that_hangs_or_is_away_is_unsure(self):
        double = self.double()
        free = []
        double.answers = [lambda handler: wait_until(lambda: free, lambda: "is freed", 60)]
        number = self.begin([self.gate(double.url), self.gate(f"http://{double.address}:1", name="away")],
                            gate_timeout_sec=1)
        self.wait_hold(number, "review", 1)
        free.append(True)
        error = self.release_row(number, "last_error")[0]
        self.assertIn("gate '5xx' was unsure", error)
        self.assertIn("gate 'away' was unsure", error)

    # ---- several gates ----

    def test_dry_run_is_recorded_and_not_obeyed(self):
        double = self.double()
        double.answers = [vector(0.5)]
        number = self.begin([self.gate(double.url, dry_run=True)])
        self.wait_status(number, "success")
        self.assertEqual([row[:2] for row in self.evidence(number)], [["fail", "0"]] * 2)

    # ---- asked before the release is made ----

    def test_dry_run_of_a_release_asks_every_gate_once(self):
        double = self.double()
        double.answers = [vector(0.001)]
        gates = [self.gate(double.url, QUERY), self.gate("http://127.0.0.1:1", name="away")]
        answer = self.create(self.one_control, version=1, dry_run=True,
                             batch_config={"batches": ["1", "rest"], "gates": gates})
        shown = {gate["name"]: gate for gate in answer["gatesPreview"]}
        self.assertEqual([shown["5xx"]["verdict"], shown["away"]["verdict"]], ["pass", "unsure"])
        self.assertEqual(shown["5xx"]["detail"]["query"], 'edge_errors{edge=~"edge-1"}')
        self.assertEqual(len(double.questions), 1)
        status, plan = self.one_control.cli("release", "plan", "--version", "1", "--batch-config",
                                            json.dumps({"batches": ["1", "rest"], "gates": gates}))
        self.assertEqual(status, 0, plan)
        self.assertIn("Gates, asked once now:", plan)
        self.assertRegex(plan, r"5xx +pass +< 0.01 passes")
        self.assertRegex(plan, r"away +unsure")
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM release_evidence"), [["0"]])

    # ---- tokens ----

    def with_tokens(self, allowed):
        self.tokens = self.folder / "gate-tokens"
        self.tokens.mkdir()
        (self.tokens / "prom").write_text("the-token-of-prometheus\n")
        (self.tokens / "prom").chmod(0o640)
        (self.tokens / "outside").symlink_to(self.one_control.tokens)
        self.one_control.program.stop()
        self.one_control.settings.update(GATE_TOKENS_DIR=self.tokens, GATE_ALLOW=allowed)
        self.one_control.start()

    def test_token_goes_to_its_server(self):
        double = self.double()
        self.with_tokens(f"127.0.0.0/8,{double.address}:{double.port}")
        number = self.begin([self.gate(double.url, token_file="prom")])
        self.wait_status(number, "success")
        self.assertEqual({headers.get("Authorization") for *_, headers in double.questions},
                         {"Bearer the-token-of-prometheus"})
        self.assertNotIn("the-token-of-prometheus", self.describe(number) + str(self.evidence(number)))

    def test_token_that_cannot_be_read_is_unsure_and_nothing_is_asked(self):
        double = self.double()
        self.with_tokens(f"127.0.0.0/8,{double.address}:{double.port}")
        gates = [self.gate(double.url, token_file="nobody"), self.gate(double.url, name="out", token_file="outside")]
        number = self.begin(gates, gate_timeout_sec=1)
        self.wait_hold(number, "review", 1)
        error = self.release_row(number, "last_error")[0]
        self.assertIn("token_file 'nobody' cannot be read", error)
        self.assertIn("token_file 'outside' leads out of GATE_TOKENS_DIR", error)
        self.assertEqual(double.questions, [])

    def test_token_is_refused_at_creation(self):
        double = self.double()
        gate = self.gate(double.url, token_file="prom")
        answer = self.begin([gate], status=400)
        self.assertEqual(answer["code"], 2002)
        self.assertIn("GATE_TOKENS_DIR is not set", answer["message"])
        self.with_tokens("127.0.0.0/8")
        self.assertIn("GATE_ALLOW must name its host exactly", self.begin([gate], status=400)["message"])

    # ---- what is refused at creation ----

    def test_gates_that_make_no_sense_are_refused(self):
        for gates, says in [
                ([{"name": "a", "counters": {}}], "'counters' is not built yet"),
                ([{"name": "proof", "url": "http://127.0.0.1/"}], "the evidence uses 'proof'"),
                ([self.gate("http://127.0.0.1", query="{{nobody}}")], "unknown variables"),
                ([self.gate("http://169.254.169.254")], "field 'prometheus.url' of gate '5xx' may not be called")]:
            answer = self.begin(gates, status=400)
            self.assertEqual(answer["code"], 2002)
            self.assertIn(says, answer["message"])


if __name__ == "__main__":
    unittest.main()

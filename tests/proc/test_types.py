"""Other types of releases, contents that need not travel again, and callbacks, from the API to the agents."""
import hmac
import json
import unittest

from harness import ProcCase, wait_until
from harness.edge import plain


class Types(ProcCase):
    def setUp(self):
        super().setUp()
        self.receiver_address = self.addresses.control()
        self.one_control = self.control(CALLBACK_TOKEN="a-token-for-callbacks", CALLBACK_ALLOW=self.receiver_address)
        self.trace = self.folder / "trace"

    def traced(self):
        return sorted(self.trace.read_text().splitlines()) if self.trace.exists() else []

    def put(self, version, payload):
        status, answer = self.one_control.request("PUT", f"/api/v1/configs/{version}", {"payload": payload})
        self.assertEqual(status, 200, answer)
        return answer["data"]["sha256"]

    def roll_out(self, status="success", **body):
        data = self.create(self.one_control, **body)
        self.wait_status(data["releaseId"], status)
        return data["releaseId"], data["version"]

    def applied(self):
        return self.database.rows("SELECT DISTINCT applied_version FROM nodes")

    # ---- types ----

    def test_reload_runs_the_reload_command_and_changes_no_version(self):
        edges = self.edges(2)
        self.insert_nodes(edges)
        self.put(1, plain(1))
        self.roll_out(version=1)
        number, version = self.roll_out(type="reload", reason="certificates were renewed")
        self.assertEqual((self.one_control.release(number)["type"], version), ("reload", 2))
        for edge in edges:
            self.assertEqual(edge.ran()[2:], [f"reload_{edge.address}_2 reload"])
            self.assertEqual(edge.live_version(), "1")
            self.assertEqual(edge.call("GET", f"/tasks/reload_{edge.address}_2")[1]["data"]["type"], "reload")
        self.assertEqual(self.applied(), [["1"]])
        self.assert_refused(self.one_control, number, "rollback", says="cannot be undone")

    def test_purge_hands_its_payload_to_the_nodes_own_command(self):
        purges = {"AGENT_COMMAND_TIMEOUT_SEC": 0.2,  # not for purges, which may take longer
                  "AGENT_PURGE_CMD": f"sleep 0.5; printf '%s %s\\n' \"$EDGEROLL_TASK_ID\" \"$(cat \"$EDGEROLL_PAYLOAD\")\" >>'{self.trace}'"}
        edges = self.edges(2, **purges)
        without = self.edge(3)
        self.insert_nodes([*edges, without])
        payload = {"urls": ["/a.jpg", "/$(id)"]}
        self.put(5, payload)
        self.create(self.one_control, status=400, version=5)  # no files: not for apply_config
        nodes = {"selector": {"nodes": ["edge-1", "edge-2"]}}
        self.roll_out(type="purge_cache", version=5, batch_config=nodes)
        lines = [line.split(" ", 1) for line in self.traced()]
        self.assertEqual([line[0] for line in lines], [f"purge_cache_{edge.address}_5" for edge in edges])
        self.assertEqual([json.loads(line[1]) for line in lines], [payload] * 2)
        self.put(6, payload)
        number, _ = self.roll_out("failed", type="purge_cache", version=6,
                                  batch_config={"selector": {"nodes": ["edge-3"]}})
        self.assertEqual(self.node_rows(number), [["3", "failed", "rejected"]])
        self.assertIn("AGENT_PURGE_CMD", self.node_rows(number, "error_msg")[0][0])
        self.assertEqual((self.applied(), len(self.traced())), ([[None]], 2))

    def test_jobs_of_a_flow_run_with_their_arguments_and_the_first_failure_ends_it(self):
        jobs = self.folder / "jobs"
        jobs.mkdir(mode=0o755)
        for name, text in (("warm", f"echo \"$EDGEROLL_JOB $JOB_MODE $#\" \"$@\" >>'{self.trace}'"),
                           ("fail", "echo no space >&2; exit 9")):
            (jobs / name).write_text(f"#!/bin/sh\n{text}\n")
            (jobs / name).chmod(0o755)
        self.insert_nodes(self.edges(2, AGENT_JOBS_DIR=jobs))
        warm = {"job": "warm", "args": ["eu west", "$(id)"], "env": {"JOB_MODE": "fast"}}
        self.put(1, warm)
        number, _ = self.roll_out(type="run_job", version=1)
        self.assertEqual(self.traced(), ["warm fast 2 eu west $(id)"] * 2)
        nodes = [node for batch in self.one_control.release(number)["batches"] for node in batch["nodes"]]
        self.assertEqual([[node["status"], node["progress"]] for node in nodes], [["success", 100]] * 2)
        self.put(2, {"flow": [warm, {"job": "fail"}, {"job": "warm"}]})
        number, _ = self.roll_out("failed", type="run_job", version=2)
        self.assertEqual(self.statuses(number), {1: "failed", 2: "skipped"})
        error, steps = self.node_rows(number, "error_msg, steps")[0]
        self.assertIn("job:fail failed: exit status 9: no space", error)
        self.assertEqual([[step["name"], step["status"], step["exitCode"]] for step in json.loads(steps)],
                         [["job:warm", "success", 0], ["job:fail", "failed", 9]])
        self.assertEqual(len(self.traced()), 3)

    # ---- contents by their digest ----

    def test_content_that_an_agent_holds_is_not_sent_again(self):
        plain_agent = self.two_call_agent(1)
        holding = self.two_call_agent(2, holds=lambda digest: digest in holding.contents)
        lying = self.two_call_agent(3, holds=lambda _: True)  # says yes, and then lacks it
        real = self.edge(4)
        agents = [plain_agent, holding, lying, real]
        self.insert_nodes(agents)
        digest = self.put(1, plain(1))
        self.roll_out(version=1, batch_config={"batches": ["rest"]})
        self.put(2, plain(2))
        self.roll_out(version=2, batch_config={"batches": ["rest"]})
        wait_until(lambda: real.call("GET", f"/contents/{digest}")[1]["data"]["held"], "edge-4 keeps the content")
        lying.contents.clear()
        self.assertEqual(self.put(3, plain(1)), digest)
        number, _ = self.roll_out(version=3, batch_config={"batches": ["rest"]})
        self.assertEqual(self.release_row(number), ["success", "4", "0"])

        def sent(agent, version):
            return agent.tasks[f"apply_config_{agent.address}_{version}"]["task"]
        self.assertEqual([sent(plain_agent, version).get("payload") for version in (1, 3)], [plain(1)] * 2)
        self.assertEqual([sent(holding, version).get("payload") for version in (1, 3)], [plain(1), None])
        self.assertEqual([sent(holding, version)["sha256"] for version in (1, 3)], [digest] * 2)
        self.assertEqual(sent(lying, 3).get("payload"), plain(1))
        self.assertEqual([agent.asked.count(("POST", "/tasks/dispatch")) for agent in agents[:3]], [3, 3, 4])
        self.assertEqual(holding.asked.count(("GET", f"/contents/{digest}")), 1)  # for version 3: 1 and 2 were new
        self.assertEqual((real.live_version(), (real.root / "live" / "site.conf").read_text()), ("3", "version 1\n"))

    def test_damaged_copy_of_a_content_is_sent_again(self):
        edge = self.edge(1)
        self.insert_nodes([edge])
        digest = self.put(1, plain(1))
        self.roll_out(version=1)
        self.put(2, plain(2))
        self.roll_out(version=2)
        wait_until(lambda: edge.call("GET", f"/contents/{digest}")[1]["data"]["held"], "edge-1 keeps the content")
        [copy] = (edge.root / "contents").glob(f"1-{digest}*")
        copy.write_text(copy.read_text().replace("version 1", "version X"))
        self.put(3, plain(1))
        self.roll_out(version=3)
        self.assertEqual((edge.root / "live" / "site.conf").read_text(), "version 1\n")

    # ---- callbacks ----

    def begin_with_callback(self, status="success", fails=False):
        fleet = self.fleet(1)
        if fails:
            fleet.fail(1)
        self.insert_nodes(fleet.agents.values())
        self.put(1, plain(1))
        return self.roll_out(status, version=1, reason="new rules", callback_url=f"{self.receiver.url}/told?key=s3cret")[0]

    def wait_callback(self, number, state):
        wait_until(lambda: self.release_row(number, "callback_state") == [state],
                   lambda: f"the callback is {state}\n{self.describe(number)}\n{self.one_control.program.tail()}")

    def test_callback_is_told_once_with_the_token_and_again_after_a_500(self):
        self.receiver = self.web(self.receiver_address)
        self.receiver.on("POST", "/told", (500, {}), (204, {}))
        number = self.begin_with_callback()
        self.wait_callback(number, "done")
        calls = list(self.receiver.requests)
        self.assertEqual(len(calls), 2)
        for _, _, query, body, headers in calls:
            self.assertEqual((query, headers["Authorization"]), ({"key": "s3cret"}, "Bearer a-token-for-callbacks"))
            self.assertEqual([body[key] for key in ("event", "releaseId", "status", "successNodes", "failedNodes", "reason")],
                             ["release.finished", number, "success", 1, 0, "new rules"])
        self.assertEqual(len({headers["Idempotency-Key"] for *_, headers in calls}), 1)
        self.assertEqual(len(self.events_of(number, "callback_done")), 1)
        self.assertNotIn("s3cret", json.dumps(self.one_control.release(number)))
        self.assertNotIn("a-token-for-callbacks", self.one_control.program.log())

    def test_callback_tells_a_failure(self):
        self.receiver = self.web(self.receiver_address)
        self.receiver.on("POST", "/told", {})
        number = self.begin_with_callback("failed", fails=True)
        self.wait_callback(number, "done")
        [(_, body)] = self.receiver.sent("POST")
        self.assertEqual((body["status"], body["failedNodes"]), ("failed", 1))
        self.assertIn("edge-1 is broken", body["lastError"])

    def test_callback_without_tls_goes_to_this_machine_only(self):
        # A pipeline's row is not looked at by the API: a name may begin with 127. too.
        self.create(self.one_control, status=400, reload_only=True, callback_url="http://127.0.0.1.example/told")
        fleet = self.fleet(1)
        self.insert_nodes(fleet.agents.values())
        self.insert_config(1, plain(1))
        self.database.execute(
            "BEGIN",
            "INSERT INTO release_tasks (id, type, target, version, status, total_nodes, callback_url) VALUES "
            "(1, 'apply_config', 'cdn', 1, 'pending', 1, 'http://127.0.0.1.example/told')",
            "INSERT INTO release_task_nodes (id, release_task_id, node_id, batch, status) VALUES (1, 1, 1, 1, 'pending')",
            "COMMIT")
        self.wait_status(1, "success")
        self.wait_callback(1, "given_up")
        self.assertEqual(self.release_row(1, "callback_tries"), ["1"], "no further try can go better")
        self.assertIn("must be https", self.one_control.program.log())
        self.assertEqual(len(self.events_of(1, "callback_refused")), 1)

    def finish(self, number):
        """A release of one node that ends, with a callback to the receiver."""
        return self.roll_out(version=number, callback_url=f"{self.receiver.url}/told")[0]

    def test_callback_is_signed_and_only_a_host_that_is_named_exactly_gets_the_token(self):
        self.receiver = self.web(self.receiver_address)
        self.receiver.on("POST", "/told", (204, {}))
        self.insert_nodes(self.fleet(1).agents.values())
        for version, (allowed, gets_token) in enumerate([(self.receiver_address, True), ("127.0.0.0/8", False),
                                                         (f"{self.receiver_address}:8080", True), ("", False)], 1):
            with self.subTest(allowed):
                self.one_control.program.stop()
                warned = self.one_control.program.log().count("event=callback_token_kept")
                self.one_control.settings["CALLBACK_ALLOW"] = allowed
                self.one_control.start()
                self.put(version, plain(version))
                self.wait_callback(self.finish(version), "done")
                headers = self.receiver.requests[-1][4]
                self.assertEqual("Authorization" in headers, gets_token)
                mac = hmac.new(b"a-token-for-callbacks", self.receiver.bodies[-1], "sha256").hexdigest()
                self.assertEqual(headers["X-Edgeroll-Signature"], f"sha256={mac}")
                warnings = self.one_control.program.log().count("event=callback_token_kept")
                self.assertEqual(warnings - warned, 0 if gets_token else 1)
                self.assertEqual("callbacks: warning: CALLBACK_TOKEN is never sent" in self.one_control.run("check")[1],
                                 not gets_token)

    def test_callback_that_is_not_allowed_is_not_made_and_fails_nothing(self):
        self.receiver = self.web(self.receiver_address)
        self.insert_nodes(self.fleet(1).agents.values())
        for version, allowed in enumerate(["ci.example", "127.0.0.0/8:9999"], 1):
            self.one_control.program.stop()
            self.one_control.settings["CALLBACK_ALLOW"] = allowed
            self.one_control.start()
            self.put(version, plain(version))
            number = self.finish(version)
            self.wait_callback(number, "given_up")
            [[detail]] = self.events_of(number, "callback_refused", "detail")
            self.assertIn("CALLBACK_ALLOW", detail)
            self.assertEqual(self.release_row(number, "status, callback_tries"), ["success", "1"])
        self.assertEqual(self.receiver.requests, [])


if __name__ == "__main__":
    unittest.main()

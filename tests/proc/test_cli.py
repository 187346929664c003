"""The operator's command line as a program, against a control that answers by script."""
import json
import os
import pty
import shlex
import subprocess
import unittest

from harness import ProcCase
from harness.api_double import ApiDouble, node, refusal, release
from harness.basics import BIN, PATIENCE, clean_environment, wait_until

PLAN = {"releaseId": None, "version": 42, "totalNodes": 3, "planSha256": "ab" * 32,
        "batches": [{"batch": 1, "size": 1, "nodeIds": [1]}, {"batch": 2, "size": 2, "nodeIds": [2, 3]}],
        "leftOut": [{"nodeId": 4, "nodeName": "edge-4", "reason": "is offline"}]}
ROLLBACK = {"releaseId": None, "version": 43, "totalNodes": 1, "bans": "cd" * 32, "leftOut": [],
            "batches": [{"batch": 1, "size": 1, "nodeIds": [1]}],
            "nodes": [{"nodeId": 1, "nodeName": "edge-1", "batch": 1, "configVersion": 41, "sha256": "ab" * 32}],
            "leftAlone": [{"nodeId": 2, "nodeName": "edge-2", "reason": "earlier content unknown"}]}
FLEET = {"total": 2, "items": [
    {"id": 1, "name": "edge-1", "mainIp": "10.0.0.1", "agentPort": 8443, "enabled": True, "status": "online",
     "labels": {}, "appliedVersion": 40, "appliedSha256": "2e" * 32, "wantedVersion": 41, "wantedSha256": "1f" * 32,
     "hasDrift": True, "lastSeenAt": None},
    {"id": 2, "name": "edge-2", "mainIp": "10.0.0.2", "agentPort": 8443, "enabled": True, "status": "online",
     "labels": {}, "appliedVersion": 41, "appliedSha256": "1f" * 32, "wantedVersion": 41, "wantedSha256": "1f" * 32,
     "hasDrift": False, "lastSeenAt": None}]}


def steered(action, status="running"):
    return {"releaseId": 7, "status": status, "batchStatus": "running", "requestedAction": action,
            "waitingFor": {"reason": "2 nodes of batch 1 in progress", "nodes": ["edge-1"], "until": None}}


class CommandLineDouble(ProcCase):
    def setUp(self):
        super().setUp()
        self.api = self.keep(ApiDouble(self.addresses.control()))
        self.running = release("running", 1, [[node(1, "running")], [node(2, "pending"), node(3, "pending")]])

    def environment(self):
        return clean_environment(EDGEROLL_URL=self.api.url, EDGEROLL_TOKEN="a-token", TERM="xterm")

    def cli(self, *arguments, status=0, stdin=""):
        """Runs to the end; standard output, and standard error in `self.errors`."""
        done = subprocess.run([BIN / "edgeroll", *arguments], env=self.environment(), input=stdin, text=True,
                              capture_output=True, timeout=PATIENCE * 2, check=False)
        self.errors = done.stderr
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def cli_on_terminal(self, *arguments, reply):
        """(exit status, standard output, what the terminal showed), replying to the first question."""
        ours, theirs = pty.openpty()
        program = subprocess.Popen([BIN / "edgeroll", *arguments], env=self.environment(), stdin=theirs,
                                   stderr=theirs, stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: program.poll() is None and program.kill())
        os.close(theirs)
        shown = b""
        try:
            while b"[y/N]" not in shown:
                shown += os.read(ours, 4096)
            os.write(ours, reply)
            while True:
                shown += os.read(ours, 4096)
        except OSError:  # the other end is closed
            pass
        output, _ = program.communicate(timeout=PATIENCE)
        os.close(ours)
        return program.returncode, output, shown.decode()

    # ---- making releases ----

    def test_plan_prints_a_command_line_that_creates_exactly_that(self):
        self.api.on("POST", "/api/v1/releases",
                    lambda _, body: PLAN if body.get("dry_run") else {**PLAN, "releaseId": 7})
        self.api.on("GET", "/api/v1/nodes", FLEET)
        reason = "it's \"time\" $HOME"
        output = self.cli("release", "plan", "--version", "42", "--reason", reason, "--batch-config", "-",
                          "--label", "region=eu", "--label", "region=us", "--retries", "2", "--supersede",
                          stdin='{"batches":["1","rest"]}')
        self.assertRegex(output, r"COUNT +WHY +NODES\n +1 +is offline +edge-4\n")
        self.assertIn("edge-1", output)
        line = next(line for line in output.splitlines() if "release create" in line)
        planned = self.api.sent("POST")[0][1]
        self.assertTrue(planned.pop("dry_run"))
        words = shlex.split(line)  # as a shell reads it
        self.assertEqual(words[0], "edgeroll")
        output = self.cli(*words[1:])
        self.assertIn("release 7 created: version 42, 3 nodes in 2 batches", output)
        created = self.api.sent("POST")[1][1]
        self.assertEqual(created.pop("planSha256"), PLAN["planSha256"])
        self.assertEqual(created, planned)
        self.assertEqual(planned["reason"], reason)
        self.assertEqual(planned["batch_config"], {"batches": ["1", "rest"], "retries": 2,
                                                   "selector": {"labels": {"region": ["eu", "us"]}}})

    def test_create_watches_to_the_end(self):
        self.api.on("POST", "/api/v1/releases", {**PLAN, "releaseId": 7})
        over = release("failed", 1, [[node(1, "failed", "nginx: bad")], [node(2, "skipped", "limit")]])
        self.api.on("GET", "/api/v1/releases/7", self.running, over)
        output = self.cli("release", "create", "--version", "42", "--idempotency-key", "key-1", "--watch", status=1)
        self.assertIn("nginx: bad", output)
        self.assertEqual(self.api.requests[0][4].get("Idempotency-Key"), "key-1")
        self.assertEqual(self.api.requests[0][4].get("Authorization"), "Bearer a-token")

    def test_nothing_is_made_of_what_is_missing(self):
        for arguments in (("create",), ("create", "--batch-config", ""), ("create", "--reason", "why", "--node", "edge-1"),
                          ("plan",), ("create", "--type", "reload")):
            self.cli("release", *arguments, status=2)
            if "" not in arguments:
                for way in ("--version", "--reload-only", "--from-release"):
                    self.assertIn(way, self.errors)
        # As a script types them where a variable is not set.
        for line in ('release create --version "$UNSET"', 'release create --reload-only --node "$UNSET"',
                     'release create --reload-only --batch-config "$UNSET"', "release create --reload-only --node $UNSET",
                     "release create --version=$UNSET --reload-only", 'release create --reload-only --label "region=$UNSET"',
                     'release retry 7 --yes --node "$UNSET"', "release retry 7 --yes --node=$UNSET",
                     'release rollback "$UNSET" --yes', "release stop $UNSET --yes", 'node add "$UNSET" 10.0.0.7',
                     'node add edge-1 10.0.0.7 --label "region=$UNSET"', 'config push "$UNSET" 42',
                     'release list --status "$UNSET"', 'stats --url "$UNSET"'):
            done = subprocess.run(["bash", "-c", f"{BIN}/edgeroll {line}"], env=self.environment(), text=True,
                                  capture_output=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 2, f"{line}: {done.stdout}{done.stderr}")
        self.cli("release", "create", "--reload-only", "--batch-config", "-", status=2, stdin="")
        self.assertIn("is empty", self.errors)
        self.assertEqual(self.api.requests, [])

    # ---- steering ----

    def test_stop_asks_on_a_terminal(self):
        self.api.on("GET", "/api/v1/releases/7", self.running)
        self.api.on("POST", "/api/v1/releases/7/stop-batch", steered("stop"))
        status, output, shown = self.cli_on_terminal("release", "stop", "7", "--reason", "why", reply=b"n\n")
        self.assertEqual((status, output), (2, ""))
        self.assertIn("release 7 (version 42): batch 1/2 running, 0 of 3 nodes done; 2 nodes will be skipped", shown)
        self.assertIn("nothing was done", shown)
        self.assertEqual(self.api.sent("POST"), [])
        status, output, _ = self.cli_on_terminal("release", "stop", "7", "--reason", "why", "-o", "json", reply=b"y\n")
        self.assertEqual(status, 0)
        self.assertEqual(json.loads(output)["requestedAction"], "stop")  # the question is not in the way
        self.assertEqual(self.api.sent("POST"), [("/api/v1/releases/7/stop-batch", {"reason": "why"})])
        status, _, shown = self.cli_on_terminal("release", "stop", "7", reply=b"\x04")  # end of input
        self.assertEqual(status, 2, shown)
        self.assertEqual(len(self.api.sent("POST")), 1)

    def test_without_a_terminal_it_needs_yes(self):
        for action in ("stop", "retry", "rollback"):
            self.cli("release", action, "7", status=2, stdin="y\n")
            self.assertIn("needs --yes", self.errors)
        self.assertEqual(self.api.requests, [])
        self.api.on("POST", "/api/v1/releases/7/retry",
                    {**steered("retry", "failed"), "nodes": [{"nodeId": 3, "nodeName": "edge-3", "batch": 2}]})
        output = self.cli("release", "retry", "7", "--node", "edge-3", "--node", "4", "--yes")
        self.assertIn("batch 2: edge-3", output)
        self.assertEqual(self.api.sent("POST"), [("/api/v1/releases/7/retry", {"nodes": ["edge-3", 4]})])

    def test_pause_continue_limit_and_rollback(self):
        for action in ("pause", "continue"):
            self.api.on("POST", f"/api/v1/releases/7/{action}-batch", steered(action))
            self.assertIn(f"{action} is recorded", self.cli("release", action, "7"))
        self.api.on("PATCH", "/api/v1/releases/7",
                    lambda _, body: {"releaseId": 7, "maxParallel": body["max_parallel"], "maxParallelPer": None})
        self.assertIn("no limit", self.cli("release", "limit", "7", "--max-parallel", "none"))
        self.assertEqual(self.api.sent("PATCH"), [("/api/v1/releases/7", {"max_parallel": None})])
        self.api.on("POST", "/api/v1/releases/7/rollback", {
            **PLAN, "releaseId": 8, "version": 43, "leftOut": [],
            "leftAlone": [{"nodeId": 6, "nodeName": "edge-6", "reason": "earlier content unknown"}]})
        output = self.cli("release", "rollback", "7", "--yes", "--force")
        self.assertIn("release 8 (version 43) rolls back release 7", output)
        self.assertIn("earlier content unknown  edge-6", output)

    def test_rollback_asks_about_what_control_would_do(self):
        path = "/api/v1/releases/7/rollback"
        self.api.on("GET", "/api/v1/releases/7", release("success", 2, [[node(1, "success")], [node(2, "success")]],
                                                         actions=["rollback"]))
        self.api.on("POST", path, lambda _, body: ROLLBACK if body.get("dry_run") else {**ROLLBACK, "releaseId": 8})
        output = self.cli("release", "rollback", "7", "--dry-run")
        self.assertRegex(output, r"BATCH +SIZE +VERSION +SHA256 +NODES\n +1 +1 +41 +abababababab +edge-1\n")
        self.assertIn("earlier content unknown  edge-2", output)
        status, _, shown = self.cli_on_terminal("release", "rollback", "7", reply=b"n\n")
        self.assertEqual(status, 2)
        self.assertIn("1 node will get what they had before (1 version 41), 1 is left alone (edge-2: earlier content "
                      "unknown)", shown.replace("\r\n", ""))
        self.assertEqual([body for _, body in self.api.sent("POST")], [{"dry_run": True}] * 2)
        status, output, _ = self.cli_on_terminal("release", "rollback", "7", reply=b"y\n")
        self.assertEqual(status, 0)
        self.assertIn("release 8 (version 43) rolls back release 7", output)
        self.api.on("POST", path, refusal(409, 3003, "rollback is refused: release 8 (version 43)"))
        self.cli("release", "rollback", "7", "--dry-run", status=2)
        self.assertIn("release 8 (version 43)", self.errors)

    def test_wait_after_a_retry_of_some_nodes_tells_who_is_left_out(self):
        left = "3 failed nodes were left out of the retry"
        self.api.on("GET", "/api/v1/releases/7", self.running,
                    release("failed", 1, [[node(1, "success"), node(2, "failed")]], lastError=left, actions=["retry"]))
        for goal in ("success", "done"):
            output = self.cli("release", "wait", "7", "--for", goal, status=1)
            self.assertIn(left, output)
        self.assertIn("edgeroll release retry 7", self.cli("release", "explain", "7"))

    def test_watch_says_what_keeps_a_running_node(self):
        error = "unreachable: connection refused (given up at 2026-01-31T08:01:00Z)"
        troubled = release("running", 1, [[node(1, "running", error)]])
        self.api.on("GET", "/api/v1/releases/7", release("running", 1, [[node(1, "running")]]), troubled,
                    release("running", 1, [[node(1, "running")]]), release("success", 1, [[node(1, "success")]]))
        output = self.cli("release", "watch", "7")
        self.assertIn(f"node edge-1 (batch 1): running: {error}", output)
        self.assertIn("node edge-1 (batch 1): running: answers again", output)

    def test_a_refusal_says_what_to_do(self):
        self.api.on("POST", "/api/v1/releases/7/pause-batch", refusal(409, 3003, "release 7 is success"))
        self.assertEqual(self.cli("release", "pause", "7", status=2), "")
        self.assertEqual(self.errors.count("\n"), 1)
        self.assertIn("release 7 is success", self.errors)
        self.assertIn("edgeroll release explain 7", self.errors)

    # ---- looking ----

    def test_wait_ends_by_what_it_waits_for(self):
        path = "/api/v1/releases/7"
        paused = release("paused", 1, [[node(1, "success")], [node(2, "pending")]])
        self.api.on("GET", path, self.running, paused)
        self.cli("release", "wait", "7", "--for", "batch:1")
        self.api.on("GET", path, self.running, paused)
        self.cli("release", "wait", "7", "--for", "paused")
        self.api.on("GET", path, release("success", 1, [[node(1, "success")]]))
        self.cli("release", "wait", "7")
        self.cli("release", "wait", "7", "--for", "paused", status=1)
        self.api.on("GET", path, release("cancelled", 1, [[node(1, "skipped")]]))
        self.cli("release", "wait", "7", status=1)
        self.api.on("GET", path, self.running)
        self.assertEqual(self.cli("release", "wait", "7", "--timeout", "0.2", status=4), "")
        self.assertIn("0 of 3 nodes done", self.errors)

    def test_events_are_paged_and_followed(self):
        events = [{"id": number, "nodeId": 1 if number == 3 else None, "at": "2026-01-31T08:00:00.000Z",
                   "actor": "ann", "kind": f"kind_{number}", "detail": {"batch": number}} for number in range(1, 6)]

        def page(query, _):
            items = [event for event in events if event["id"] > int(query.get("after", 0))][:2]
            return {"items": items, "total": len(events), "page": 1, "pageSize": 2}
        self.api.on("GET", "/api/v1/releases/7", self.running)
        self.api.on("GET", "/api/v1/releases/7/events", page)
        output = self.cli("release", "events", "7")
        self.assertEqual(len(output.splitlines()), 5)
        self.assertRegex(output, r"3  kind_3 +edge-1  batch=3  by ann\n")
        program = subprocess.Popen([BIN / "edgeroll", "release", "events", "7", "--follow", "--after", "4", "-o", "json"],
                                   env=self.environment(), stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: program.poll() is None and program.kill())
        self.assertEqual(json.loads(program.stdout.readline())["id"], 5)
        self.api.on("GET", "/api/v1/releases/7", release("success", 1, [[node(1, "success")]]))
        events.append({**events[-1], "id": 6, "kind": "release_success"})
        rest, _ = program.communicate(timeout=PATIENCE)
        self.assertEqual([json.loads(line)["id"] for line in rest.splitlines()], [6])
        self.assertEqual(program.returncode, 0)

    def test_explain_drift_and_stats(self):
        self.api.on("GET", "/api/v1/releases/7", release(
            "paused", 1, [[node(1, "failed", "nginx: bad", attempt=2)], [node(2, "pending")]], holdReason="failure",
            batchConfig={"failure_threshold": 0}, actions=["continue", "stop", "limit"],
            waitingFor={"reason": "is paused", "nodes": [], "until": None}))
        output = self.cli("release", "explain", "7")
        for part in ("(failure)", "1 of 0 tolerated failures used", "edge-1 (batch 1, try 2): failed (exec_failed): "
                     "nginx: bad", "edgeroll release continue 7"):
            self.assertIn(part, output)
        steps = json.loads(self.cli("release", "explain", "7", "-o", "json"))["nextSteps"]
        self.assertEqual(steps[0]["command"], "edgeroll release continue 7")
        self.api.on("GET", "/api/v1/nodes", FLEET)
        output = self.cli("node", "list", "--drift")
        self.assertIn("edge-1", output)
        self.assertNotIn("edge-2", output)
        self.api.on("GET", "/api/v1/stats", {"queue": {"pending": 3}, "busyShare": 0.5})
        self.assertRegex(self.cli("stats"), r"busyShare +0.5\nqueue.pending +3\n")
        self.assertEqual(json.loads(self.cli("stats", "-o", "json"))["queue"], {"pending": 3})

    def test_not_reachable_is_3(self):
        self.api.discard()
        self.things.remove(self.api)
        for arguments in (("release", "pause", "7"), ("release", "create", "--version", "42"), ("release", "wait", "7"),
                          ("release", "events", "7"), ("stats",)):
            self.cli(*arguments, status=3)
            self.assertIn("not reachable", self.errors)

    # ---- completion ----

    def complete(self, line):
        """What bash would offer at the end of the line."""
        script = self.folder / "completion"
        if not script.exists():
            script.write_text(self.cli("completion", "bash"))
        words = line.split(" ")
        program = (f"source {shlex.quote(str(script))}\n"
                   f"COMP_WORDS=({' '.join(map(shlex.quote, words))})\nCOMP_CWORD={len(words) - 1}\n"
                   "_edgeroll\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n")
        done = subprocess.run(["bash", "-eu", "-c", program], cwd=self.folder, capture_output=True, text=True,
                              env=clean_environment(), timeout=PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return set(done.stdout.split())

    def test_bash_completes_commands_options_and_values(self):
        self.assertLessEqual({"release", "config", "node", "stats", "--url", "--version"}, self.complete("edgeroll "))
        self.assertEqual(self.complete("edgeroll rel"), {"release"})
        self.assertEqual(self.complete("edgeroll release re"), {"retry"})
        self.assertEqual(self.complete("edgeroll -o json release roll"), {"rollback"})
        self.assertEqual(self.complete("edgeroll release create --max-p"), {"--max-parallel", "--max-parallel-per"})
        self.assertEqual(self.complete("edgeroll release create --reason stop --on-failure "),
                         {"stop", "pause", "rollback"})
        self.assertEqual(self.complete("edgeroll release create --on-failure = st"), {"stop"})
        self.assertEqual(self.complete("edgeroll release stop 7 --out"), {"--output"})
        self.assertEqual(self.complete("edgeroll release stop --output j"), {"json"})
        self.assertEqual(self.complete("edgeroll release retry 7 --node "), set())
        (self.folder / "some-config.json").write_text("{}")
        self.assertEqual(self.complete("edgeroll release plan --batch-config some-"), {"some-config.json"})
        self.assertEqual(self.complete("edgeroll config push some-"), {"some-config.json"})
        self.assertEqual(self.complete("edgeroll config push site 42 --sec"), {"--secret"})

    def test_every_word_of_the_help_is_completed(self):
        for group in ([], ["release"], ["release", "create"], ["node"]):
            usage = self.cli(*group, "--help")
            offered = self.complete(" ".join(["edgeroll", *group, ""]))
            for line in usage.splitlines():
                if line.startswith("  ") and line.split()[0].startswith("--"):
                    self.assertIn(line.split()[0].split(",")[-1], offered)

    def test_watch_shows_what_a_pause_waits_for(self):
        held = release("paused", 1, [[node(1, "success")], [node(2, "pending")]], holdReason="bake",
                       waitingFor={"reason": "bakes", "nodes": [], "until": "2026-01-31T08:10:00.000Z"})
        self.api.on("GET", "/api/v1/releases/7", held)
        with open(self.folder / "watch.log", "wb") as log:
            program = subprocess.Popen([BIN / "edgeroll", "release", "watch", "7"], env=self.environment(), stdout=log)
        self.addCleanup(lambda: program.poll() is None and program.kill())
        wait_until(lambda: "hold: bakes before the next batch, until 2026-01-31T08:10:00.000Z"
                   in (self.folder / "watch.log").read_text(), "watch shows the hold")
        program.terminate()
        self.assertIn(program.wait(PATIENCE), (0, -15))


if __name__ == "__main__":
    unittest.main()

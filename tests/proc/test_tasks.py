"""Tasks beside configurations, contents by digest and bans, over the agent's real HTTPS."""
import hashlib
import unittest

from harness import ProcCase, wait_until
from harness.edge import plain, site


class AgentTasks(ProcCase):
    def setUp(self):
        super().setUp()
        self.jobs = self.folder / "jobs"
        self.jobs.mkdir(mode=0o755)
        self.trace = self.folder / "trace"

    def job(self, name, text):
        file = self.jobs / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        return hashlib.sha256(file.read_bytes()).hexdigest()

    def traced(self):
        return self.trace.read_text().splitlines() if self.trace.exists() else []

    def dispatch(self, edge, kind, version, payload=None, status=200, suffix="", **more):
        """Sends a task as control does; its id."""
        task = f"{kind}_{edge.address}_{version}{suffix}"
        body = {"taskId": task, "type": kind, "version": version, **more}
        if payload is not None:
            body["payload"] = payload
        got, answer = edge.call("POST", "/tasks/dispatch", body)
        self.assertEqual(got, status, answer)
        self.answer = answer
        return task

    def report(self, edge, task):
        return edge.call("GET", f"/tasks/{task}")[1]["data"]

    def ended(self, edge, task):
        """The task once it is finished."""
        report = edge.call("GET", f"/tasks/{task}?wait=30")[1]["data"]
        self.assertIn(report["status"], ("success", "failed", "cancelled"), report)
        return report

    def applied(self, edge, version, payload, **more):
        report = self.ended(edge, self.dispatch(edge, "apply_config", version, payload, **more))
        self.assertEqual(report["status"], "success", report)
        return edge.call("GET", "/state")[1]["data"]["sha256"]

    def test_runs_a_flow_of_jobs_and_shows_each_of_them(self):
        edge = self.edge(1, AGENT_JOBS_DIR=self.jobs)
        digest = self.job("warm", f"echo \"$EDGEROLL_JOB $JOB_MODE $#\" \"$@\" >>'{self.trace}'; echo warmed")
        self.job("fail", "echo no space >&2; exit 9")
        task = self.dispatch(edge, "run_job", 5, {"flow": [
            {"job": "warm", "args": ["a b", "$(id)"], "env": {"JOB_MODE": "fast"}, "sha256": digest},
            {"job": "fail"}, {"job": "warm"}]})
        report = self.ended(edge, task)
        self.assertEqual([report["type"], report["status"], report["progress"]], ["run_job", "failed", 33])
        self.assertEqual(report["lastError"], "job:fail failed: exit status 9: no space")
        self.assertEqual([[step["name"], step["status"], step["exitCode"], step["output"]]
                          for step in report["steps"]],
                         [["job:warm", "success", 0, "warmed\n"], ["job:fail", "failed", 9, "no space\n"]])
        self.assertEqual(self.traced(), ["warm fast 2 a b $(id)"])

    def test_refuses_programs_that_are_not_the_nodes_own(self):
        edge = self.edge(1, AGENT_JOBS_DIR=self.jobs)
        self.job("job", f"echo ran >>'{self.trace}'")
        (self.jobs / "link").symlink_to("/bin/sh")
        (self.jobs / "sub").mkdir()
        for number, payload in enumerate([{"job": "../jobs/job"}, {"job": "sub/job"}, {"job": "/bin/sh"},
                                          {"job": ".."}, {"job": "job", "env": {"LD_PRELOAD": "/tmp/x.so"}},
                                          {"job": "job", "env": {"PATH": "/tmp"}},
                                          {"job": "job", "env": {"EDGEROLL_LIVE": "/"}},
                                          {"job": "job", "command": "id"}, {"flow": []}]):
            self.dispatch(edge, "run_job", number + 1, payload, status=400)
            self.assertEqual(self.answer["code"], 2002, payload)
        for number, (payload, why) in enumerate([({"job": "link"}, "is a link"), ({"job": "sub"}, "regular file"),
                                                 ({"job": "absent"}, "does not exist"),
                                                 ({"job": "job", "sha256": "a" * 64}, "has the digest")]):
            report = self.ended(edge, self.dispatch(edge, "run_job", number + 20, payload))
            self.assertEqual(report["status"], "failed", payload)
            self.assertIn(why, report["lastError"])
        self.assertEqual(self.traced(), [])

    def test_payload_sets_no_variable_but_its_own_and_those_that_the_node_lists(self):
        edge = self.edge(1, AGENT_JOBS_DIR=self.jobs)
        self.job("pack", f"echo \"$JOB_A $MODE $TAR_OPTIONS\" >>'{self.trace}'; tar -cf /dev/null -C / etc/hostname")
        orders = {"job": "pack", "env": {"TAR_OPTIONS": f"--checkpoint=1 --checkpoint-action=exec='touch {self.folder}/pwned'"}}
        self.dispatch(edge, "run_job", 1, orders, status=400)
        self.assertEqual(self.answer["code"], 2002)
        for word in ("job pack", "'TAR_OPTIONS'", "JOB_TAR_OPTIONS", "AGENT_JOB_ENV"):
            self.assertIn(word, self.answer["message"])
        edge.program.stop()
        edge.settings["AGENT_JOB_ENV"] = "MODE,REGION"
        edge.start()
        self.dispatch(edge, "run_job", 2, orders, status=400)
        self.ended(edge, self.dispatch(edge, "run_job", 3, {"job": "pack", "env": {"JOB_A": "a", "MODE": "m"}}))
        self.assertEqual(self.traced(), ["a m "])
        self.assertFalse((self.folder / "pwned").exists())

    def test_job_past_its_time_is_killed_with_what_has_left_its_session(self):
        edge = self.edge(1, AGENT_JOBS_DIR=self.jobs)
        self.job("hide", f"(setsid sh -c 'trap \"\" TERM HUP; while :; do echo >>\"{self.trace}\"; sleep 0.05; done' "
                         ">/dev/null 2>&1 &); sleep 60")
        report = self.ended(edge, self.dispatch(edge, "run_job", 1, {"job": "hide", "timeoutSec": 1}))
        self.assertEqual(report["status"], "failed", report)
        size = len(self.traced())
        self.assertGreater(size, 0)
        sizes = []
        wait_until(lambda: sizes.append(len(self.traced())) or len(sizes) > 8, "a while", poll=0.05)
        self.assertEqual(set(sizes), {size}, "what the job has started still runs")

    def test_job_that_ran_when_the_agent_was_killed_has_failed_and_does_not_run_again(self):
        edge = self.edge(1, AGENT_JOBS_DIR=self.jobs)
        self.job("slow", f"echo $$ >>'{self.trace}'; sleep 300")
        task = self.dispatch(edge, "run_job", 1, {"job": "slow"})
        wait_until(self.traced, "the job runs")
        edge.program.kill()
        edge.start()
        report = self.report(edge, task)
        self.assertEqual([report["status"], report["lastError"]],
                         ["failed", "the agent was restarted during job"])
        self.assertEqual(self.dispatch(edge, "run_job", 1, {"job": "slow"}), task)
        self.assertEqual(self.answer["data"]["status"], "failed")
        self.assertEqual(len(self.traced()), 1)
        self.applied(edge, 2, plain(2))

    def test_job_is_cancelled_with_all_its_children(self):
        edge = self.edge(1, AGENT_JOBS_DIR=self.jobs)
        self.job("busy", f"(while :; do echo >>'{self.trace}'; sleep 0.05; done) & wait")
        task = self.dispatch(edge, "run_job", 1, {"job": "busy"})
        wait_until(self.traced, "the job runs")
        status, answer = edge.call("POST", f"/tasks/{task}/cancel")
        self.assertEqual([status, answer["data"]["status"]], [200, "cancelled"])
        size = len(self.traced())
        sizes = []
        wait_until(lambda: sizes.append(len(self.traced())) or len(sizes) > 8, "a while", poll=0.05)
        self.assertEqual(set(sizes), {size}, "a child of the job still runs")

    def test_reload_leaves_the_version_and_purge_gets_its_payload(self):
        edge = self.edge(1, nginx=True, AGENT_PURGE_CMD=f"cat \"$EDGEROLL_PAYLOAD\" >>'{self.trace}'; echo purged")
        self.applied(edge, 5, site(5), node={"name": "edge-1", "ip": edge.address})
        report = self.ended(edge, self.dispatch(edge, "reload", 3, {}))
        self.assertEqual([[step["name"], step["status"]] for step in report["steps"]],
                         [["reload", "success"], ["verify", "success"]])
        edge.wait_served("5")
        report = self.ended(edge, self.dispatch(edge, "purge_cache", 4, {"urls": ["/a", "$(id)"]}))
        self.assertEqual([report["status"], report["steps"][0]["output"]], ["success", "purged\n"])
        self.assertEqual(self.traced(), ['{"urls":["/a","$(id)"]}'])
        self.dispatch(edge, "run_job", 6, {"job": "a"}, status=400)
        self.assertIn("AGENT_JOBS_DIR", self.answer["message"])
        self.assertEqual(edge.live_version(), "5")

    def test_takes_a_content_by_its_digest_once_it_has_it(self):
        edge = self.edge(1)
        self.dispatch(edge, "apply_config", 1, sha256="a" * 64, status=409)
        self.assertEqual(self.answer["code"], 3001, "sha256 alone may stand for two contents")
        self.dispatch(edge, "apply_config", 1, sha256="a" * 64, contentSha256="a" * 64, status=409)
        self.assertEqual([self.answer["code"], self.answer["message"]], [3001, f"content {'a' * 64} is not here"])
        digest = self.applied(edge, 1, plain(1))
        self.applied(edge, 2, plain(2))
        held = lambda sha: edge.call("GET", f"/contents/{sha}")[1]["data"]["held"]
        wait_until(lambda: held(digest), "the content is kept")
        self.assertFalse(held("a" * 64))
        edge.program.stop()
        edge.start()
        report = self.ended(edge, self.dispatch(edge, "apply_config", 3, sha256=digest, contentSha256=digest))
        self.assertEqual(report["status"], "success", report)
        self.assertEqual((edge.root / "live" / "site.conf").read_text(), "version 1\n")
        self.assertEqual(edge.live_version(), "3")

    def test_refuses_a_banned_content_also_after_a_restart(self):
        edge = self.edge(1)
        digest = self.applied(edge, 1, plain(1))
        self.applied(edge, 2, plain(2), banned=[digest])
        edge.program.kill()
        edge.start()
        self.dispatch(edge, "apply_config", 3, plain(1), status=409)
        self.assertEqual(self.answer["code"], 3003)
        self.assertIn(f"content {digest} is banned", self.answer["message"])
        self.applied(edge, 3, plain(1), force=True)
        self.applied(edge, 4, plain(2))
        self.applied(edge, 5, plain(1), banned=[])


if __name__ == "__main__":
    unittest.main()

"""What happens on an edge when a configuration is bad, or the machine is."""
import base64
import os
import resource
import signal
import socket
import unittest

from harness import ProcCase, wait_until
from harness.basics import BIN, clean_environment, run
from harness.disk import mount_small_disk, unmount
from harness.edge import plain, site


class NginxRefuses(ProcCase):
    def test_puts_back_when_nginx_keeps_the_old_configuration_at_reload(self):
        """nginx -t does not notice that a port is in use, and a reload by signal exits 0 all the same."""
        edge = self.edge(1, nginx=True, AGENT_COMMAND_TIMEOUT_SEC=6)
        control = self.control()
        self.insert_nodes([edge])
        self.insert_config(1, site(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        edge.program.stop()
        edge.settings["AGENT_RELOAD_CMD"] = f"kill -HUP $(cat '{edge.folder}/nginx.pid')"
        edge.start()
        with socket.create_server((edge.address, 0)) as occupied:
            port = occupied.getsockname()[1]
            self.insert_config(2, site(2, listen=[f"${{node.ip}}:{port}"]))
            self.insert_release(2, [[1]])
            self.wait_status(2, "failed", 90)
            self.assertEqual(self.node_rows(2), [["1", "failed", "exec_failed"]])
            _, report = edge.call("GET", f"/tasks/{edge.task(2)}")
            steps = {step["name"]: step["status"] for step in report["data"]["steps"]}
            self.assertEqual(steps["check"], "success", report)  # so it was not nginx -t that found it
            self.assertEqual(steps["switch"], "success", report)
            self.assertEqual(steps["verify"], "failed", report)
            self.assertEqual(edge.live_version(), "1")
            edge.wait_served("1")
        self.assertEqual(self.database.rows("SELECT applied_version FROM nodes"), [["1"]])
        self.insert_config(3, site(3))
        self.insert_release(3, [[1]])
        self.wait_status(3, "success")
        edge.wait_served("3")
        self.assertTrue(control.program.is_alive())

    def test_puts_back_when_the_verify_command_fails(self):
        marker = self.folder / "broken"
        edge = self.edge(1, nginx=True, AGENT_VERIFY_CMD=f"! grep -q BROKEN \"$EDGEROLL_LIVE/conf.d/site.conf\" || "
                                                         f"{{ touch '{marker}'; echo the site is broken >&2; exit 3; }}")
        self.control()
        self.insert_nodes([edge])
        self.insert_config(1, site(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        self.insert_config(2, site(2, text="BROKEN"))
        self.insert_release(2, [[1]])
        self.wait_status(2, "failed")
        self.assertTrue(marker.exists())
        self.assertIn("the site is broken", self.node_rows(2, "error_msg")[0][0])
        self.assertEqual(edge.live_version(), "1")
        edge.wait_served("1")

    def test_hooks_run_in_order_and_rollback_hears_the_failed_step(self):
        hooks = self.folder / "hooks"
        hooks.mkdir()
        trace = self.folder / "trace"
        for name in ("preinstall", "postinstall", "rollback"):
            hook = hooks / name
            hook.write_text(f"#!/bin/sh\necho {name} $EDGEROLL_VERSION $EDGEROLL_FAILED_STEP >>'{trace}'\n"
                            f"[ ! -e '{self.folder}/fail-{name}' ]\n")
            hook.chmod(0o755)
        edge = self.edge(1, AGENT_HOOKS_DIR=hooks)
        self.control()
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        (self.folder / "fail-postinstall").touch()
        self.insert_config(2, plain(2))
        self.insert_release(2, [[1]])
        self.wait_status(2, "failed")
        self.assertEqual(trace.read_text().splitlines(), ["preinstall 1", "postinstall 1", "preinstall 2",
                                                          "postinstall 2", "rollback 2 postinstall"])
        self.assertEqual(edge.live_version(), "1")

    def test_hook_that_others_could_change_fails_its_step_and_such_a_folder_the_start(self):
        hooks = self.folder / "way" / "hooks"
        hooks.mkdir(parents=True)
        edge = self.edge(1, AGENT_HOOKS_DIR=hooks)
        self.control()
        self.insert_nodes([edge])
        hook = hooks / "preinstall"
        faults = [(lambda: (hook.write_text("#!/bin/sh\n"), hook.chmod(0o777)), "writable by group or others"),
                  (lambda: (hook.unlink(), hook.symlink_to("/bin/true")), "is a link"),
                  (lambda: (hook.unlink(), hooks.parent.chmod(0o777)), f"{hooks.parent} is writable")]
        for version, (spoil, says) in enumerate(faults, 1):
            spoil()
            self.insert_config(version, plain(version))
            self.insert_release(version, [[1]])
            self.wait_status(version, "failed")
            self.assertIn(says, self.node_rows(version, "error_msg")[0][0])
        edge.program.stop()
        status, output = run([BIN / "edgeroll-agent", "check"], clean_environment(**edge.settings))
        self.assertEqual(status, 2, output)
        self.assertIn(f"AGENT_HOOKS_DIR {hooks}: {hooks.parent} is writable by group or others", output)

    def test_command_past_its_time_is_killed_with_all_its_children(self):
        edge = self.edge(1, AGENT_COMMAND_TIMEOUT_SEC=1)
        edge.program.stop()
        child = self.folder / "child"
        edge.settings["AGENT_CHECK_CMD"] = f"(while :; do echo >>'{child}'; sleep 0.05; done) & wait"
        edge.start()
        self.control()
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "failed")
        size = child.stat().st_size
        self.assertGreater(size, 0)
        sizes = []
        wait_until(lambda: sizes.append(child.stat().st_size) or len(sizes) > 8, "a while", poll=0.1)
        self.assertEqual(set(sizes), {size}, "a child of the command still runs")
        self.assertEqual(edge.live_version(), None)


class DiskFull(ProcCase):
    def start_with_small_disk(self, edge, most):
        """As on a full disk, writes fail in the middle: no file of the agent may grow past `most`."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # stays ignored over exec: write() returns an error
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        edge.start(before_exec=limit)

    def test_old_version_keeps_serving_and_the_task_says_why(self):
        edge = self.edge(1, nginx=True)
        self.control(RELEASE_NODE_TIMEOUT_SEC=10, RELEASE_DISPATCH_TIMEOUT_SEC=5)
        self.insert_nodes([edge])
        self.insert_config(1, site(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        self.assertEqual(edge.program.stop(5), 0)
        self.start_with_small_disk(edge, 128 << 10)
        payload = site(2)
        payload["files"].append({"path": "data.bin", "content": "x" * (400 << 10)})
        self.insert_config(2, payload)
        self.insert_release(2, [[1]])
        self.wait_status(2, "failed")
        self.assertIn("File too large", self.node_rows(2, "error_msg")[0][0])
        edge.wait_served("1")
        self.assertEqual(edge.live_version(), "1")
        self.assertTrue(edge.program.is_alive(), edge.program.tail())
        # There is room again: the next version goes live.
        self.assertEqual(edge.program.stop(5), 0)
        edge.start()
        self.insert_config(3, site(3))
        self.insert_release(3, [[1]])
        self.wait_status(3, "success")
        edge.wait_served("3")


    def test_a_full_file_system_leaves_the_old_version_serving_and_the_task_says_why(self):
        """A real ENOSPC, where this may mount; the case above covers the rest."""
        edge = self.edge(1, nginx=True, starts=False)
        if not mount_small_disk(edge.root, 2 << 20):
            self.skipTest("mounting is not permitted here: the case with a file size limit stands in")
        self.addCleanup(unmount, edge.root)
        edge.start()
        self.control(RELEASE_NODE_TIMEOUT_SEC=20, RELEASE_DISPATCH_TIMEOUT_SEC=5)
        self.insert_nodes([edge])
        self.insert_config(1, site(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        payload = site(2)
        payload["files"].append({"path": "data.bin", "content": "x" * (3 << 20)})
        self.insert_config(2, payload)
        self.insert_release(2, [[1]])
        self.wait_status(2, "failed")
        self.assertIn("No space left on device", self.node_rows(2, "error_msg")[0][0])
        edge.wait_served("1")
        self.assertEqual(edge.live_version(), "1")
        self.assertTrue(edge.program.is_alive(), edge.program.tail())
        # What did not fit was cleared away: a version that fits goes live without any help.
        self.insert_config(3, site(3))
        self.insert_release(3, [[1]])
        self.wait_status(3, "success")
        edge.wait_served("3")


class BadPayloads(ProcCase):
    """Refused before anything is written."""

    def setUp(self):
        super().setUp()
        self.target = self.edge(1)
        self.client = self.certs.control("hand")

    def everything(self):
        """Every file of the edge but the agent's journal and log."""
        found = []
        for folder, _, files in os.walk(self.folder):
            if "/agent/tasks" not in folder and "/ca" not in folder:
                found += [os.path.join(folder, file) for file in files]
        return sorted(found)

    def dispatch(self, version, files, **fields):
        body = {"taskId": f"apply_config_hand_{version}", "type": "apply_config", "version": version,
                "payload": {"files": files}, **fields}
        return self.target.call("POST", "/tasks/dispatch", body, client=self.client)

    def ended(self, task_id):
        def seen():
            status, answer = self.target.call("GET", f"/tasks/{task_id}", client=self.client)
            return answer["data"] if status == 200 and answer["data"]["status"] in ("success", "failed") else None
        return wait_until(seen, f"{task_id} ends")

    def test_every_kind_is_refused_and_writes_nothing(self):
        ok = {"path": "a.conf", "content": "x"}
        bad = {
            "..": [{"path": "../escape", "content": "x"}],
            ".. inside": [{"path": "a/../../escape", "content": "x"}],
            ".. that stays inside": [{"path": "a/../b", "content": "x"}],
            "only ..": [{"path": "..", "content": "x"}],
            "absolute": [{"path": f"{self.folder}/escape", "content": "x"}],
            "dot": [{"path": "./a", "content": "x"}],
            "empty part": [{"path": "a//b", "content": "x"}],
            "empty": [{"path": "", "content": "x"}],
            "slash at the end": [{"path": "a/", "content": "x"}],
            "nul": [{"path": "a\x00b", "content": "x"}],
            "line feed": [{"path": "a\nb", "content": "x"}],
            "too long a part": [{"path": "a" * 256, "content": "x"}],
            "duplicate": [ok, ok],
            "file below a file": [ok, {"path": "a.conf/b", "content": "x"}],
            "reserved": [{"path": "edgeroll-version", "content": "99"}],
            "reserved too": [{"path": "edgeroll-version.conf", "content": "99"}],
            "link": [{"path": "a", "link": "/etc/passwd"}],
            "link mode": [{"path": "a", "content": "/etc/passwd", "mode": "0120777"}],
            "mode not octal": [{"path": "a", "content": "x", "mode": "0999"}],
            "for everybody to write": [{"path": "a", "content": "x", "mode": "0666"}],
            "set-uid": [{"path": "a", "content": "x", "mode": "4755"}],
            "encoding": [{"path": "a", "content": "x", "encoding": "rot13"}],
            "bad base64": [{"path": "a", "content": "!!!", "encoding": "base64"}],
            "no content": [{"path": "a"}],
            "content not text": [{"path": "a", "content": 5}],
            "not an object": ["a"],
        }
        before = self.everything()
        for version, (what, files) in enumerate(bad.items(), 1):
            with self.subTest(what):
                status, answer = self.dispatch(version, files)
                self.assertEqual((status, answer["code"]), (400, 2002), answer)
                self.assertTrue(answer["message"])
                self.assertNotIn("data", answer)
                self.assertEqual(self.target.call("GET", f"/tasks/apply_config_hand_{version}",
                                                  client=self.client)[0], 404)
        self.assertEqual(self.everything(), before)
        self.assertEqual(self.target.ran(), [])
        # And a good one after all of them is taken.
        files = [{"path": "bin/tool", "content": base64.b64encode(b"\x00\xff").decode(), "encoding": "base64",
                  "mode": "0755"}]
        status, answer = self.dispatch(99, files)
        self.assertEqual(status, 200, answer)
        self.assertEqual(self.ended("apply_config_hand_99")["status"], "success")
        tool = self.target.root / "live" / "bin" / "tool"
        self.assertEqual(tool.read_bytes(), b"\x00\xff")
        self.assertEqual(tool.stat().st_mode & 0o777, 0o755)

    def test_other_digest_lower_version_and_unknown_name_are_refused(self):
        files = [{"path": "a", "content": "x"}]
        status, answer = self.dispatch(5, files, sha256="0" * 64)
        self.assertEqual(status, 400, answer)
        self.assertEqual(self.dispatch(5, files)[0], 200)
        self.ended("apply_config_hand_5")
        status, answer = self.dispatch(4, files)
        self.assertEqual((status, answer["code"]), (409, 3003), answer)
        body = {"taskId": "another", "type": "apply_config", "version": 5,
                "payload": {"files": [{"path": "a", "content": "y"}]}}
        status, answer = self.target.call("POST", "/tasks/dispatch", body, client=self.client)
        self.assertEqual((status, answer["code"]), (409, 3003), answer)
        self.assertEqual(self.dispatch(6, [{"path": "a", "content": "${label.nobody}", "template": True}])[0], 200)
        report = self.ended("apply_config_hand_6")
        self.assertEqual(report["status"], "failed")
        self.assertIn("nobody", report["lastError"])
        self.assertEqual(self.target.live_version(), "5")

    def test_malformed_requests_get_a_clear_answer(self):
        good = '{"taskId":"t","type":"apply_config","version":1,"payload":{}}'
        bad = {
            "empty": ("", 400), "not json": ("hello", 400), "array": ("[]", 400), "cut": (good[:-3], 400),
            "more after it": (good + "x", 400),
            "repeated key": ('{"taskId":"t","taskId":"u","type":"apply_config","version":1,"payload":{}}', 400),
            "repeated key inside": ('{"taskId":"t","type":"apply_config","version":1,"payload":{"files":[],"files":[]}}',
                                    400),
            "deep": ("[" * 100000, 400),
            "deep inside": (good.replace("{}}", '{"files":' + "[" * 5000 + "]" * 5000 + "}}"), 400),
            "bad utf-8": (b'{"taskId":"\xff\xfe","type":"apply_config","version":1,"payload":{}}', 400),
            "no task id": ('{"type":"apply_config","version":1,"payload":{}}', 400),
            "other type": (good.replace("apply_config", "reboot"), 400),
            "version is text": (good.replace(":1", ':"1"'), 400),
            "version has a fraction": (good.replace(":1", ":1.5"), 400),
            "version too large": (good.replace(":1", ":99999999999999999999"), 400),
            "version negative": (good.replace(":1", ":-1"), 400),
            "payload is text": (good.replace("{}", '"x"'), 400),
            "oversized": (good.replace("{}", '{"files":[{"path":"a","content":"' + "x" * (9 << 20) + '"}]}'), 413),
        }
        for what, (body, expected) in bad.items():
            with self.subTest(what):
                try:
                    status, answer = self.target.call("POST", "/tasks/dispatch", body, client=self.client)
                except (BrokenPipeError, ConnectionResetError):
                    # A server may close while a body that is too large is still being sent.
                    self.assertEqual(expected, 413)
                    continue
                self.assertEqual(status, expected, answer)
                self.assertTrue(answer["message"])
        self.assertEqual(self.target.call("PUT", "/tasks/dispatch", good, client=self.client)[0], 405)
        self.assertEqual(self.target.call("GET", "/nowhere", client=self.client)[0], 404)
        status, answer = self.target.call("GET", "/tasks/unknown", client=self.client)
        self.assertEqual((status, answer["code"]), (404, 3001))
        self.assertEqual(self.target.ran(), [])
        self.assertEqual(self.dispatch(1, [{"path": "a", "content": "x"}])[0], 200)
        self.ended("apply_config_hand_1")

    def test_bad_content_that_a_pipeline_inserted_is_recorded_and_not_sent(self):
        control = self.control()
        self.insert_nodes([self.target])
        for number, payload in enumerate(['{"files":[{"path":"../x","content":"y"}]}', "not json", "[" * 50000,
                                          '{"files":[],"files":[]}'], 1):
            self.insert_config(number, payload)
            self.insert_release(number, [[1]])
            self.wait_status(number, "failed")
            says = (self.release_row(number, "last_error")[0] or "") + (self.node_rows(number, "error_msg")[0][0] or "")
            self.assertTrue(says, self.describe(number))
            self.assert_counters(number)
        self.assertEqual(self.target.ran(), [])
        self.insert_config(9, plain(9))
        self.insert_release(9, [[1]])
        self.wait_status(9, "success")
        self.assertTrue(control.program.is_alive())


if __name__ == "__main__":
    unittest.main()

"""The API from outside: who may, what is refused and how, and that nothing is said that should not be."""
import base64
import hashlib
import hmac
import json
import os
import re
import time
import unittest

from harness import ProcCase, wait_until
from harness.control import TOKENS
from harness.edge import plain

SECRET = "a-secret-of-the-tests-that-is-long-enough"


def jwt(claims, secret=SECRET, algorithm="HS256"):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    head = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}"
    if algorithm == "none":
        return head + "."
    signature = hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


class Api(ProcCase):
    def setUp(self):
        super().setUp()
        self.api = self.control(JWT_SECRET=SECRET, JWT_ISSUER="pipelines", LOG_LEVEL="debug")

    def assert_answer(self, answered, status, code):
        self.assertEqual(answered[0], status, answered)
        self.assertEqual(answered[1]["code"], code, answered)
        self.assertTrue(answered[1]["message"])
        if code != 0:
            self.assertNotIn("data", answered[1])
            for word in ("SELECT", "sqlite", "SQL", "std::", ".cpp", "0x"):
                self.assertNotIn(word, answered[1]["message"])

    def test_tokens_and_roles(self):
        path = "/api/v1/releases"
        self.assert_answer(self.api.request("GET", path, role=None), 401, 1001)
        self.assert_answer(self.api.request("GET", path, token="wrong"), 401, 1002)
        self.assert_answer(self.api.request("GET", path, role=None, headers={"Authorization": "Basic eDp5"}), 401, 1002)
        self.assert_answer(self.api.request("GET", path, role="viewer"), 200, 0)
        body = {"payload": plain(1)}
        self.assert_answer(self.api.request("PUT", "/api/v1/configs/1", body, role="viewer"), 403, 1004)
        self.assert_answer(self.api.request("POST", path, {"target": "cdn"}, role="viewer"), 403, 1004)
        self.assert_answer(self.api.request("PUT", "/api/v1/configs/1", body, role=None), 401, 1001)
        self.assert_answer(self.api.request("PUT", "/api/v1/configs/1", body), 200, 0)
        for open_path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(self.api.request("GET", open_path, role=None)[0], 200)

    def test_tokens_file_is_read_again_when_it_changes(self):
        new = "a-fresh-token"
        self.assert_answer(self.api.request("GET", "/api/v1/nodes", token=new), 401, 1002)
        fresh = self.api.tokens.with_suffix(".new")
        fresh.write_text(f"# people\n\nnew:viewer:{hashlib.sha256(new.encode()).hexdigest()}\n")
        fresh.chmod(0o640)
        os.replace(fresh, self.api.tokens)
        wait_until(lambda: self.api.request("GET", "/api/v1/nodes", token=new)[0] == 200, "the new token works", 15)
        self.assert_answer(self.api.request("GET", "/api/v1/nodes"), 401, 1002)  # the removed one no longer does

    def test_token_command_prints_a_token_that_works(self):
        status, output = self.api.run("token", "carol", "--role", "viewer")
        self.assertEqual(status, 0, output)
        line = next(line for line in output.splitlines() if "carol:viewer:" in line).strip()
        digest = line.rsplit(":", 1)[1]
        token = next(word for word in output.split() if hashlib.sha256(word.encode()).hexdigest() == digest)
        with open(self.api.tokens, "a", encoding="utf-8") as file:
            file.write(line + "\n")
        wait_until(lambda: self.api.request("GET", "/api/v1/nodes", token=token)[0] == 200, "the token works", 15)

    def test_json_web_tokens(self):
        now = int(time.time())
        good = {"username": "ci", "role": "admin", "exp": now + 600, "iss": "pipelines"}
        path = "/api/v1/nodes"
        self.assert_answer(self.api.request("GET", path, token=jwt(good)), 200, 0)
        self.assert_answer(self.api.request("GET", path, token=jwt({**good, "exp": now - 600})), 401, 1003)
        bad = {"other secret": jwt(good, secret="x" * 40), "other issuer": jwt({**good, "iss": "others"}),
               "no issuer": jwt({key: good[key] for key in good if key != "iss"}),
               "no expiry": jwt({key: good[key] for key in good if key != "exp"}),
               "no algorithm": jwt(good, algorithm="none"), "other algorithm": jwt(good, algorithm="HS512"),
               "cut": jwt(good)[:-4], "two parts": jwt(good).rsplit(".", 1)[0],
               "not base64": "a.b!.c", "role is a list": jwt({**good, "role": ["admin"]})}
        for what, token in bad.items():
            with self.subTest(what):
                self.assert_answer(self.api.request("GET", path, token=token), 401, 1002)
        self.assert_answer(self.api.request("GET", path, token=jwt({**good, "role": "god"})), 403, 1004)
        viewer = jwt({**good, "role": "viewer"})
        self.assert_answer(self.api.request("POST", "/api/v1/releases", {"target": "cdn"}, token=viewer), 403, 1004)
        log = self.api.program.log()
        for secret in (SECRET, jwt(good), *TOKENS.values()):
            self.assertNotIn(secret, log)

    def test_bad_bodies_get_a_clear_answer(self):
        path = "/api/v1/releases"
        bad = {
            "empty": "", "not json": "hello", "array": "[]", "cut": '{"target":', "more after it": '{"target":"cdn"} x',
            "repeated key": '{"target":"cdn","target":"cdn"}', "unknown key": '{"target":"cdn","colour":"blue"}',
            "deep": "[" * 100000, "deep inside": '{"batch_config":' + '{"a":' * 500 + "1" + "}" * 501,
            "bad utf-8": b'{"target":"\xff\xfe"}', "no target": "{}", "other target": '{"target":"dns"}',
            "version is text": '{"target":"cdn","version":"5"}', "version has a fraction": '{"target":"cdn","version":1.5}',
            "version zero": '{"target":"cdn","version":0}', "version negative": '{"target":"cdn","version":-1}',
            "version too large": '{"target":"cdn","version":18446744073709551616}',
            "reason is a number": '{"target":"cdn","reason":5}', "dry_run is text": '{"target":"cdn","dry_run":"yes"}',
            "supersede is text": '{"target":"cdn","supersede":"yes"}',
        }
        for what, body in bad.items():
            with self.subTest(what):
                self.assert_answer(self.api.request("POST", path, body), 400, 2002)
        for what, payload in {"..": "../x", "absolute": "/x"}.items():
            with self.subTest(what):
                self.assert_answer(self.api.request("PUT", "/api/v1/configs/3", {
                    "payload": {"files": [{"path": payload, "content": "x"}]}}), 400, 2002)
        self.assert_answer(self.api.request("PUT", "/api/v1/configs/zero", {"payload": plain(1)}), 400, 2002)
        self.assert_answer(self.api.request("GET", "/api/v1/configs/3"), 404, 3001)
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM release_tasks"), [["0"]])
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM config_versions"), [["0"]])

    def test_too_large_too_many_wrong_method_unknown_path(self):
        def large(path, size):
            try:
                return self.api.request("PUT" if "configs" in path else "POST", path, '{"x":"' + "y" * size + '"}')
            except (BrokenPipeError, ConnectionResetError):
                return None  # a server may close while the body is still being sent
        for path, size in (("/api/v1/releases", 2 << 20), ("/api/v1/configs/1", 12 << 20)):
            answered = large(path, size)
            if answered is not None:
                self.assert_answer(answered, 413, 2002)
        self.assert_answer(self.api.request("DELETE", "/api/v1/releases"), 405, 2002)
        self.assert_answer(self.api.request("POST", "/healthz", "{}"), 405, 2002)
        self.assert_answer(self.api.request("GET", "/api/v1/nowhere"), 404, 3001)
        self.assert_answer(self.api.request("GET", "/api/v1/releases/99999"), 404, 3001)
        self.assertEqual(self.api.request("GET", "/api/v1/releases/abc")[0] in (400, 404), True)
        self.assert_answer(self.api.request("GET", "/api/v1/releases?page=0"), 400, 2002)
        self.assert_answer(self.api.request("GET", "/api/v1/releases?pageSize=101"), 400, 2002)
        self.assert_answer(self.api.request("GET", "/api/v1/releases?status=done"), 400, 2002)
        self.assert_answer(self.api.request("GET", "/api/v1/releases?sort=colour"), 400, 2002)
        self.assertEqual(self.api.request("GET", "/" + "a" * 40000)[0] in (404, 414, 431), True)
        self.assert_answer(self.api.request("GET", "/api/v1/releases"), 200, 0)

    def test_no_online_node_no_content_version_taken(self):
        self.assert_answer(self.api.request("POST", "/api/v1/releases", {"target": "cdn", "reload_only": True, "version": 1}),
                           409, 3003)
        self.insert_nodes([self.edge(1)])
        self.assert_answer(self.api.request("POST", "/api/v1/releases", {"target": "cdn", "version": 4}), 404, 3001)
        self.api.request("PUT", "/api/v1/configs/4", {"payload": plain(4)})
        self.assert_answer(self.api.request("POST", "/api/v1/releases", {"target": "cdn", "version": 4}), 200, 0)
        self.assert_answer(self.api.request("POST", "/api/v1/releases", {"target": "cdn", "version": 4}), 409, 3002)
        self.assert_answer(self.api.request("PUT", "/api/v1/configs/4", {"payload": plain(5)}), 409, 3002)

    def test_create_plan_dry_run_idempotency_and_content_byte_for_byte(self):
        edges = self.edges(3)
        self.insert_nodes(edges)
        payload = {"files": [{"path": "a", "content": "zwölf ☃ \"quoted\" \\ \n"}]}
        self.assert_answer(self.api.request("PUT", "/api/v1/configs/5", {"payload": payload, "note": "first"}), 200, 0)
        status, dry = self.api.request("POST", "/api/v1/releases", {"target": "cdn", "version": 5, "dry_run": True})
        self.assertEqual(status, 200, dry)
        self.assertEqual(dry["data"]["batches"], [{"batch": 1, "size": 1, "nodeIds": [1]},
                                                  {"batch": 2, "size": 2, "nodeIds": [2, 3]}])
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM release_tasks"), [["0"]])
        body = {"target": "cdn", "version": 5, "reason": "test", "planSha256": dry["data"]["planSha256"]}
        key = {"Idempotency-Key": "once"}
        status, first = self.api.request("POST", "/api/v1/releases", body, headers=key)
        self.assertEqual(status, 200, first)
        self.assertEqual(self.api.request("POST", "/api/v1/releases", body, headers=key), (200, first))
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM release_tasks"), [["1"]])
        number = first["data"]["releaseId"]
        self.wait_status(number, "success")
        self.assertEqual((edges[2].root / "live" / "a").read_text(encoding="utf-8"), payload["files"][0]["content"])
        answer = self.api.release(number)
        self.assertEqual((answer["createdBy"], answer["reason"], answer["totalNodes"]), ("admin", "test", 3))
        wrong = {"target": "cdn", "dry_run": False, "planSha256": "0" * 64}
        self.assert_answer(self.api.request("POST", "/api/v1/releases", wrong), 409, 3003)

    def test_a_ban_is_made_met_and_lifted_by_the_commands_that_are_named(self):
        self.assert_answer(self.api.request("PUT", "/api/v1/configs/1", {"payload": plain(1)}), 200, 0)
        self.assert_answer(self.api.request("POST", "/api/v1/nodes", {"name": "edge-1", "mainIp": "127.9.9.9"}), 200, 0)
        plan = ("release", "plan", "--version", "1")
        self.assertEqual(self.api.cli(*plan)[0], 0)
        status, output = self.api.cli("ban", "add", "--version", "1", "--reason", "it broke eu")
        self.assertEqual(status, 0, output)
        self.assertEqual(self.api.cli("ban", "add", "--version", "1", "--reason", "x", role="viewer")[0], 2)
        self.assertIn("it broke eu", self.api.cli("ban", "list", role="viewer")[1])
        status, output = self.api.cli(*plan)
        self.assertEqual(status, 2, output)
        self.assertIn("is banned (it broke eu)", output)
        self.assertEqual(self.api.cli(*plan, "--force")[0], 0)
        cure = re.search(r"edgeroll (ban remove [0-9a-f]{64})", output).group(1)
        status, output = self.api.cli(*cure.split())
        self.assertEqual(status, 0, output)
        self.assertIn("it broke eu", output)
        self.assertEqual(self.api.cli(*plan)[0], 0)
        self.assertIn("no bans", self.api.cli("ban", "list")[1])
        self.assertIn("token:admin", self.api.cli("audit", "--action", "ban.remove")[1])

    def test_a_fleet_changed_since_the_preview_is_refused_with_the_nodes_by_name(self):
        self.insert_nodes([self.edge(number, starts=False) for number in range(1, 6)])
        body = {"target": "cdn", "reload_only": True, "version": 1, "batch_config": {"batch_size": 2}}
        status, dry = self.api.request("POST", "/api/v1/releases", {**body, "dry_run": True})
        self.assertEqual(status, 200, dry)
        sha = dry["data"]["planSha256"]
        self.database.execute("UPDATE nodes SET status = 'maintenance' WHERE id = 1",
                              "DELETE FROM nodes WHERE id = 4")
        self.assert_answer(self.api.request("PATCH", "/api/v1/nodes/2", {"enabled": False}), 200, 0)
        self.assert_answer(self.api.request("POST", "/api/v1/nodes", {"name": "newcomer", "mainIp": "10.9.9.9"}), 200, 0)
        said = ("the plan is not the one of planSha256 any more: the nodes or their batches changed. "
                "Joined: newcomer (batch 2). Gone: edge-1 (in maintenance), edge-2 (disabled), edge-4 (deleted). "
                "Moved: edge-3 (batch 2 to 1), edge-5 (batch 3 to 1). "
                "Today it is 3 nodes in 2 batches: look at a new dry run")
        answered = self.api.request("POST", "/api/v1/releases", {**body, "planSha256": sha})
        self.assert_answer(answered, 409, 3003)
        self.assertEqual(answered[1]["message"], said)
        status, text = self.api.cli("release", "create", "--version", "1", "--reload-only", "--batch-size", "2",
                                    "--plan", sha)
        self.assertEqual((status, text.strip()), (2, f"edgeroll: control refused: {said} (code 3003); edgeroll release plan "
                                                     "with the same options shows the current plan"))
        tables = ("release_tasks", "release_task_nodes", "release_events")
        self.assertEqual([self.database.rows(f"SELECT COUNT(*) FROM {table}") for table in tables], [[["0"]]] * 3)

    def test_metrics_count_what_happened(self):
        self.insert_nodes([self.edge(1)])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        _, text = self.api.request("GET", "/metrics", role=None)
        for name in ("build_info", "releases", "nodes", "dispatch", "apply", "lease", "agent_error", "database_error"):
            self.assertRegex(text, rf"(?m)^edgeroll_\w*{name}", text)
        self.assertRegex(text, r'(?m)^edgeroll_\w*releases\w*\{[^}]*status="success"[^}]*\} 1', text)


if __name__ == "__main__":
    unittest.main()

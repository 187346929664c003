"""The audit log of the real programs: who did what, one chain of several controls, and its verification."""
import json
import re
import subprocess
import sys
import threading
import unittest

from harness import MariaDb, ProcCase, SqliteDb, wait_until
from harness.basics import BIN, ROOT, clean_environment
from harness.edge import plain

KEY, OTHER_KEY = "k" * 32, "o" * 32


def quiet_control(case, name="control", **settings):
    """One that only serves the API."""
    return case.control(name=name, RELEASE_EXECUTOR_ENABLED=0, **settings)


def acts(case, where="action <> 'tokens.loaded'"):
    return case.database.rows(f"SELECT actor, remote, action, object FROM audit_log WHERE {where} ORDER BY id")


def counts(case, where):
    return [json.loads(row[0])["count"] for row in
            case.database.rows(f"SELECT detail FROM audit_log WHERE action = 'login.refused' AND {where}")]


def verify(case, control, wanted, *arguments, **changes):
    status, output = control.run("audit", "verify", *arguments, **changes)
    case.assertEqual(status, wanted, output)
    return output


def head_of(output):
    return re.search(r"^head: (\S+)$", output, re.M).group(1)


def add_node(case, control, number):
    address = f"10.0.{number // 250}.{number % 250 + 1}"
    status, answer = control.request("POST", "/api/v1/nodes", {"name": f"n{number}", "mainIp": address})
    case.assertEqual(status, 200, answer)
    return answer["data"]["id"]


class Acts(ProcCase):
    def test_command_line_and_api_leave_a_row_for_each_act(self):
        control = quiet_control(self)
        (self.folder / "site").mkdir()
        (self.folder / "site" / "a").write_text("x")
        for arguments in (["node", "add", "edge-1", "10.0.0.7"], ["config", "push", str(self.folder / "site"), "42"],
                          ["release", "create", "--version", "42", "--reason", "new rules"]):
            status, output = control.cli(*arguments)
            self.assertEqual(status, 0, output)
        status, answer = control.request("PATCH", "/api/v1/nodes/1", {"mainIp": "10.0.0.8", "certFingerprint": "a" * 64})
        self.assertEqual(status, 200, answer)
        status, output = control.cli("release", "stop", "1", "--yes", "--reason", "wrong")
        self.assertEqual(status, 0, output)
        self.assertEqual([row[0] for row in acts(self)], ["token:admin"] * 5)
        self.assertEqual([row[2:] for row in acts(self)], [
            ["node.add", "node:1"], ["config.put", "config:42"], ["release.create", "release:1"],
            ["node.change", "node:1"], ["release.stop", "release:1"]])
        for _, address, *_ in acts(self):  # from whatever address of this machine
            self.assertTrue(address.startswith("127."), address)
        self.assertEqual(control.release(1)["createdBy"], "admin")

        status, answer = control.request("GET", "/api/v1/audit?action=node.change")
        self.assertEqual((status, answer["data"]["total"]), (200, 1), answer)
        detail = answer["data"]["items"][0]["detail"]
        self.assertEqual(detail, {"node": "edge-1", "main_ip": {"was": "10.0.0.7", "is": "10.0.0.8"},
                                  "cert_fingerprint": {"was": "", "is": "a" * 64}})
        self.assertEqual(control.request("GET", "/api/v1/audit", role="viewer")[0], 403)
        status, output = control.cli("audit", "--object", "node:1")
        self.assertEqual(status, 0, output)
        self.assertIn("node.change", output)
        self.assertIn("2 of 2", output)
        status, output = control.cli("audit", role="viewer")
        self.assertEqual(status, 2, output)
        self.assertIn("the chain is whole", verify(self, control, 0))

    def test_what_control_does_by_itself_is_not_audited(self):
        edges = self.edges(1)
        control = self.control()
        self.insert_nodes(edges)
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        self.assertEqual(acts(self), [])
        verify(self, control, 0)

    def test_a_tokens_file_that_changes_is_told_with_the_names(self):
        control = quiet_control(self)
        loaded = "SELECT detail FROM audit_log WHERE action = 'tokens.loaded' ORDER BY id"
        wait_until(lambda: len(self.database.rows(loaded)) == 1, "the first reading is there")
        text = control.tokens.read_text()
        control.tokens.write_text(text + f"zoe:viewer:{'b' * 64}\n")
        control.request("GET", "/api/v1/nodes")
        wait_until(lambda: len(self.database.rows(loaded)) == 2, "the second one is")
        detail = json.loads(self.database.rows(loaded)[1][0])
        self.assertEqual((detail["added"], detail["tokens"]), ("zoe", 3))
        self.assertNotIn("b" * 64, json.dumps(detail))
        control.program.stop()
        control.start()
        quiet_control(self, name="control-2")  # with a file of its own, as the first one's was
        wait_until(lambda: len(self.database.rows(loaded)) == 3, "what it reads is another file")
        verify(self, control, 0)


class RefusedLogins(ProcCase):
    def test_a_flood_of_refused_logins_is_counted_and_costs_some_rows(self):
        control = quiet_control(self)

        def flood():
            for _ in range(60):
                control.request("GET", "/api/v1/nodes", token="nobody's")
        threads = [threading.Thread(target=flood) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(3):
            self.assertEqual(control.request("POST", "/api/v1/nodes", {}, role="viewer")[0], 403)
        self.assertEqual(control.request("GET", "/api/v1/nodes", role=None)[0], 401)
        wait_until(lambda: acts(self, "action = 'login.refused'"), "the first ones are told before a minute has passed")
        self.assertEqual(control.program.stop(), 0)
        self.assertEqual(sum(counts(self, "detail LIKE '%bad_token%'")), 300)
        self.assertEqual(sum(counts(self, "actor = 'token:viewer'")), 3)
        self.assertEqual(sum(counts(self, "detail LIKE '%no_token%'")), 1)
        rows = acts(self, "action = 'login.refused'")
        self.assertLess(len(rows), 12, rows)
        verify(self, control, 0)


class SeveralControls(ProcCase):
    def setUp(self):
        super().setUp()
        self.database = MariaDb(self.folder / "mariadb")

    def test_controls_that_write_at_once_keep_one_chain(self):
        controls = [quiet_control(self, name=f"control-{number}") for number in (1, 2, 3)]
        each, trouble = 12, []

        def write(control, first):
            try:
                for number in range(first, first + each):
                    node = add_node(self, control, number)
                    status, answer = control.request("PATCH", f"/api/v1/nodes/{node}", {"enabled": False})
                    self.assertEqual(status, 200, answer)
            except AssertionError as error:
                trouble.append(error)
        threads = [threading.Thread(target=write, args=(controls[number % 3], number * 100)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(trouble, [])
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM nodes"), [[str(6 * each)]])
        for action in ("node.add", "node.change"):
            self.assertEqual(len(acts(self, f"action = '{action}'")), 6 * each)
        output = verify(self, controls[0], 0)
        self.assertIn("the chain is whole", output)
        count = self.database.rows("SELECT COUNT(*) FROM audit_log")[0][0]
        self.assertTrue(head_of(output).startswith(f"{count}:"), output)

    def test_a_control_that_is_killed_while_it_writes_leaves_as_many_rows_as_deeds(self):
        control, other = quiet_control(self, name="control-1"), quiet_control(self, name="control-2")
        is_killed = threading.Event()

        def write():
            number = 0
            while not is_killed.is_set() and number < 3000:
                try:
                    add_node(self, control, number)
                except (OSError, AssertionError, ValueError):
                    return
                number += 1
        threads = [threading.Thread(target=write)]
        for thread in threads:
            thread.start()
        wait_until(lambda: int(self.database.rows("SELECT COUNT(*) FROM nodes")[0][0]) > 10, "it writes")
        control.program.kill()
        is_killed.set()
        for thread in threads:
            thread.join()
        add_node(self, other, 5000)
        nodes = self.database.rows("SELECT COUNT(*) FROM nodes")
        self.assertEqual(self.database.rows("SELECT COUNT(*) FROM audit_log WHERE action = 'node.add'"), nodes)
        verify(self, other, 0)

    def test_the_grants_of_the_security_page_are_enough_and_leave_the_log_alone(self):
        quiet_control(self, name="migrates").program.stop()
        page = (ROOT / "docs/security.md").read_text()
        grants = [line.replace("'edgeroll'@'10.0.0.%'", "'service'@'%'")
                  for line in re.findall(r"^GRANT .*?;", page, re.M) if "'edgeroll'@" in line]
        self.assertGreater(len(grants), 5)
        self.database.server.ask("CREATE USER 'service'@'%' IDENTIFIED BY 'pw'; " + " ".join(grants))
        url = f"mysql://service:pw@127.0.0.1:{self.database.server.port}/edgeroll"
        edges = self.edges(1)
        control = self.control(name="limited", DATABASE_URL=url, MIGRATE=0)
        self.insert_nodes(edges)
        for version in (1, 2):
            status, answer = control.request("PUT", f"/api/v1/configs/{version}", {"payload": plain(version)})
            self.assertEqual(status, 200, answer)
            status, answer = control.request("POST", "/api/v1/releases", {"target": "cdn", "version": version})
            self.assertEqual(status, 200, answer)
            self.wait_status(answer["data"]["releaseId"], "success")
        status, answer = control.request("PATCH", "/api/v1/nodes/1", {"status": "online", "labels": {"a": "b"}})
        self.assertEqual(status, 200, answer)
        status, answer = control.request("POST", "/api/v1/releases/2/rollback", {"reason": "x"})
        self.assertEqual(status, 200, answer)
        self.wait_status(answer["data"]["releaseId"], "success")
        banned = self.database.rows("SELECT sha256 FROM banned_contents")[0][0]
        status, answer = control.request("DELETE", f"/api/v1/bans/{banned}")
        self.assertEqual(status, 200, answer)
        status, answer = control.request("POST", "/api/v1/bans", {"version": 2, "reason": "again"})
        self.assertEqual((status, answer["data"]["sha256"]), (200, banned), answer)
        verify(self, control, 0)
        for sql in ("UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE TABLE audit_log"):
            done = subprocess.run(["mariadb", "--no-defaults", "--protocol=tcp", "--host=127.0.0.1", "--skip-ssl",
                                   f"--port={self.database.server.port}", "--user=service", "--password=pw", "-e", sql,
                                   "edgeroll"], capture_output=True, text=True, timeout=30, check=False,
                                  env=clean_environment())
            self.assertIn("denied", done.stderr, sql)


class Verification(ProcCase):
    def test_exit_statuses_say_whole_not_whole_and_not_looked_at(self):
        control = quiet_control(self)
        for number in range(4):
            add_node(self, control, number)
        wait_until(lambda: acts(self, "action = 'tokens.loaded'"), "all rows are there")
        output = verify(self, control, 0)
        head = head_of(output)
        self.assertIn("5 rows, 1 to 5", output)
        self.assertIn("not proven: rows carry no key", output)
        self.assertIn("not proven: that the newest rows were not removed", output)
        early = f"2:{self.database.rows('SELECT hash FROM audit_log WHERE id = 2')[0][0]}"
        kept = self.folder / "heads.txt"
        kept.write_text(f"# of every day\nhead: {early}\n\n{head}\n")
        output = verify(self, control, 0, "--from", str(kept), "--expect", head)
        self.assertIn("3 heads kept elsewhere found", output)
        self.assertNotIn("were not removed", output)

        for arguments in (["--expect", "nonsense"], ["--expect", ""], ["--from", str(self.folder / "none")],
                          ["--from", "/dev/null"]):
            output = verify(self, control, 2, *arguments)
            self.assertNotIn("whole", output)
        verify(self, control, 2, DATABASE_URL=f"sqlite:{self.folder}/none.db")
        verify(self, control, 2, AUDIT_KEY_FILE=str(self.folder / "none"))

        self.database.execute("DELETE FROM audit_log WHERE id = 5", "UPDATE counters SET value = 4, digest = (SELECT hash "
                              "FROM audit_log WHERE id = 4) WHERE name = 'audit'")
        verify(self, control, 0)
        self.assertIn("cut off", verify(self, control, 1, "--expect", head))
        self.assertIn("cut off", verify(self, control, 1, "--from", str(kept)))
        verify(self, control, 0, "--expect", early)
        self.database.execute("UPDATE audit_log SET actor = 'token:bob' WHERE id = 3")
        output = verify(self, control, 1)
        self.assertIn("FAULT: row 3 was changed", output)
        self.assertNotIn("the chain is whole", output)

    def test_prints_nothing_that_steers_a_terminal(self):
        control = quiet_control(self)
        wait_until(lambda: self.database.rows("SELECT id FROM audit_log"), "a row is there")
        self.database.execute("UPDATE counters SET digest = '\x1b]0;title\x07' WHERE name = 'audit'")
        output = verify(self, control, 1)
        self.assertIn("\\x1b]0;title\\x07", output)
        self.assertNotIn("\x1b", output)
        status, output = control.run("audit", "\x1b[31mverify")
        self.assertEqual(status, 2)
        self.assertNotIn("\x1b", output)

    def test_reads_lines_of_heads_no_further_than_they_may_be_long(self):
        control = quiet_control(self)
        self.assertIn("has a line of over 4 KiB", verify(self, control, 2, "--from", "/dev/zero"))
        self.assertIn("cannot be read", verify(self, control, 2, "--from", str(self.folder)))
        head = head_of(verify(self, control, 0))
        kept = self.folder / "heads.txt"
        kept.write_text("#" * 4096 + "\n" + head)  # and no newline at its end
        self.assertIn("1 head kept elsewhere found", verify(self, control, 0, "--from", str(kept)))
        kept.write_text("#" * 4097 + "\n" + head)
        self.assertIn("has a line of over 4 KiB", verify(self, control, 2, "--from", str(kept)))

    @staticmethod
    def write_key(path, text):
        path.touch(mode=0o640)
        path.write_text(text + "\n")

    def test_a_key_is_demanded_of_everybody_once_one_is_used(self):
        add_node(self, quiet_control(self, name="first"), 1)
        key, other = self.folder / "key", self.folder / "other"
        self.write_key(key, KEY)
        self.write_key(other, OTHER_KEY)
        control = quiet_control(self, name="second", AUDIT_KEY_FILE=key)
        add_node(self, control, 2)
        self.assertEqual(len(acts(self, "action = 'audit.key'")), 1)
        output = verify(self, control, 0)
        self.assertIn("with a key", output)
        self.assertNotIn(KEY, output)
        self.assertIn("AUDIT_KEY_FILE", verify(self, control, 2, AUDIT_KEY_FILE=None))
        self.assertIn("FAULT", verify(self, control, 1, AUDIT_KEY_FILE=other))
        without = self.control(starts=False, name="third", RELEASE_EXECUTOR_ENABLED=0)
        for command in ("serve", "check"):
            status, output = without.run(command)
            self.assertEqual(status, 2, output)
            self.assertIn("AUDIT_KEY_FILE", output)
        status, answer = self.things[1].request("POST", "/api/v1/nodes", {"name": "n3", "mainIp": "10.9.9.9"})
        self.assertEqual((status, answer["code"]), (503, 5003), answer)
        short = self.folder / "short"
        self.write_key(short, "too short")
        status, output = without.run("check", AUDIT_KEY_FILE=short)
        self.assertEqual(status, 2)
        self.assertIn("audit key: AUDIT_KEY_FILE", output)
        both = self.folder / "both"
        self.write_key(both, f"{OTHER_KEY}\n{KEY}")
        add_node(self, quiet_control(self, name="fourth", AUDIT_KEY_FILE=both), 4)
        self.assertEqual(len(acts(self, "action = 'audit.key'")), 2)
        verify(self, control, 0, AUDIT_KEY_FILE=both)
        verify(self, control, 1)

    def test_reads_very_many_rows_in_bounded_memory(self):
        self.database = SqliteDb(self.folder / "edgeroll.db")
        control = quiet_control(self)
        control.program.stop()
        self.database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO audit_log "
            "(id, at, actor, remote, action, object, detail, prev_hash, hash) SELECT i, '', '', '', 'x', '', "
            "printf('%.4000c', 'x'), '', '' FROM n")
        code = ("import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
                "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
        # Sanitizers keep what was freed for a while; here for a short one, or that is what would be measured.
        environment = control.environment()
        environment["ASAN_OPTIONS"] = f"{environment.get('ASAN_OPTIONS', '')}:quarantine_size_mb=8"
        done = subprocess.run([sys.executable, "-c", code, str(BIN / "edgeroll-control"), "audit", "verify"], check=True,
                              env=environment, capture_output=True, text=True, timeout=120)
        status, kib = map(int, done.stdout.split())
        self.assertEqual(status, 1)
        # The rows are 240 MB.
        self.assertLess(kib, 450_000 if "asan" in str(BIN) else 120_000)


if __name__ == "__main__":
    unittest.main()

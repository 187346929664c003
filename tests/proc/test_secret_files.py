"""Secret files on an edge: what others can read there, and what is said of them, while everything prints them."""
import os
import re
import stat

from harness import ProcCase, wait_until

SECRETS = {"tls/site.key": ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj{}", "-----END PRIVATE KEY-----"],
           "password.conf": ["user=shop;", "password=correct-horse-battery-{};"]}
PRINT = "cat $EDGEROLL_STAGED/tls/site.key $EDGEROLL_LIVE/password.conf; cat $EDGEROLL_STAGED/password.conf >&2"


def content(version):
    files = [{"path": path, "content": "\r\n".join(lines).format(version), "secret": True}
             for path, lines in SECRETS.items()]
    return {"files": [{"path": "site.conf", "content": f"version {version}"}, *files]}


def lines_of(versions):
    return {line.format(version).encode() for lines in SECRETS.values() for line in lines for version in versions}


class SecretFiles(ProcCase):
    def setUp(self):
        super().setUp()
        self.programs = self.folder / "programs"
        self.programs.mkdir(mode=0o755)
        for name in ("preinstall", "postinstall", "rollback", "job"):
            program = self.programs / name
            program.write_text(f"#!/bin/sh\n{PRINT}\ntest ! -e '{self.folder}/fail-{name}'\n")
            program.chmod(0o755)
        commands = {f"AGENT_{name.upper()}_CMD": f"{PRINT}; test ! -e '{self.folder}/fail-{name}'"
                    for name in ("check", "reload", "verify", "purge")}
        self.one = self.edge(1, AGENT_HOOKS_DIR=self.programs, AGENT_JOBS_DIR=self.programs, LOG_LEVEL="debug",
                             AGENT_COMMAND_TIMEOUT_SEC=2, **commands)
        self.said = []

    def do(self, kind, version, payload, failing=None, status=200):
        """A task to its end, with one command that fails. Its report."""
        marker = self.folder / f"fail-{failing}"
        if failing:
            marker.touch()
        task = f"{kind}_{self.one.address}_{version}"
        got, answer = self.one.call("POST", "/tasks/dispatch",
                                    {"taskId": task, "type": kind, "version": version, "payload": payload,
                                     "node": {"name": "edge-1", "ip": self.one.address}, "labels": {}})
        self.assertEqual(got, status, answer)
        got, answer = self.one.call("GET", f"/tasks/{task}?wait=40")
        marker.unlink(missing_ok=True)
        self.said.append(str(answer).encode())
        report = answer["data"]
        self.assertEqual(report["status"], "failed" if failing else "success", report)
        if failing:
            self.assertRegex(report["lastError"], rf"{failing} failed: .*\[secret\]")
        return report

    def found(self, data, lines):
        return sorted(line for line in lines if line in data)

    def assert_closed(self, versions):
        """Everything below AGENT_ROOT that has a line of a secret is closed, and is where it must be."""
        wait_until(lambda: os.listdir(self.one.root / "tasks") == ["journal"] and not os.listdir(self.one.root / "staging"),
                   "all that follows the task's end is done")
        lines = lines_of(versions)
        holders = set()
        for folder, _, names in os.walk(self.one.root):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    continue
                below = os.path.relpath(path, self.one.root)
                # An old version may be on its way out: what is there of it is as closed as before.
                is_leaving = below.startswith("staging/old-")
                try:
                    with open(path, "rb") as file:
                        if not self.found(file.read(), lines):
                            continue
                        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                except FileNotFoundError:
                    continue
                self.assertEqual(mode, 0o640 if is_leaving or below.startswith("versions/") else 0o600, below)
                if not is_leaving:
                    holders.add(re.sub(r"\d+(-[0-9a-f]{64})?", "N", below))
        self.assertEqual(holders - {f"versions/N/{path}" for path in SECRETS}, {"contents/N.json"})

    def assert_unsaid(self, versions):
        lines = lines_of(versions)
        for name, data in (("log", self.one.program.log_path.read_bytes()),
                           ("journal", (self.one.root / "tasks" / "journal").read_bytes()),
                           ("answers", b"\n".join(self.said))):
            self.assertEqual(self.found(data, lines), [], name)
            self.assertIn(b"[secret]", data)

    def test_nobody_else_reads_them_and_nothing_quotes_them(self):
        self.do("apply_config", 1, content(1))
        version = 1
        for failing in ("preinstall", "check", "reload", "verify", "postinstall"):
            version += 1
            self.do("apply_config", version, content(version), failing)
            self.assert_closed((1, version))
        version += 1
        self.do("apply_config", version, content(version))
        for kind, payload, failing in (("reload", {}, "reload"), ("purge_cache", {"all": True}, "purge"),
                                       ("run_job", {"job": "job"}, "job")):
            self.do(kind, version + 1, payload)
            self.do(kind, version + 2, payload, failing)
        self.assert_unsaid(range(1, version + 1))
        self.one.program.stop()
        self.one.start()
        self.do("apply_config", version + 1, content(version + 1), "reload")
        self.assert_unsaid(range(1, version + 2))
        self.assert_closed((1, version))

    def test_a_program_that_is_killed_in_the_middle_of_a_line(self):
        self.one.program.stop()
        self.one.settings["AGENT_CHECK_CMD"] = "head -c 50 $EDGEROLL_STAGED/tls/site.key; sleep 60"
        self.one.start()
        report = self.do("apply_config", 1, content(1), "check")
        self.assertEqual(report["steps"][-1]["output"], "[secret]\r\n[secret]")

    def test_a_group_that_is_none_of_its_own_is_refused_at_the_start_and_by_check(self):
        self.one.program.stop()
        self.one.settings["AGENT_SECRET_GROUP"] = "no-such-group"
        self.one.start(waits=False)
        self.assertEqual(self.one.program.wait(), 2)
        self.assertIn("AGENT_SECRET_GROUP no-such-group: there is no such group: groupadd --system no-such-group && "
                      "usermod -aG no-such-group ", self.one.program.tail())

    def test_a_sealed_one_is_refused_at_the_door(self):
        sealed = {"path": "a", "secret": True, "sealed": {"key": "0" * 16, "nonce": "A" * 16, "data": "A" * 23 + "=",
                                                          "bytes": 1, "sha256": "a" * 64}}
        got, answer = self.one.call("POST", "/tasks/dispatch", {"taskId": "t", "type": "apply_config", "version": 1,
                                                                "payload": {"files": [sealed]}})
        self.assertEqual((got, answer["code"]), (400, 2002), answer)
        self.assertIn("'sealed' is how edgeroll-control keeps a secret", answer["message"])

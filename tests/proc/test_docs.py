"""Every command that the documents show is run: against a real control with agents, or it is named here who runs it.

A command that a document gains and this table does not know fails; so does a line of the table that no document has.
"""
import os
import re
import shutil
import subprocess
import unittest

from harness import ProcCase
from harness.agents import TwoCallAgent
from harness.basics import BIN, PATIENCE, ROOT, clean_environment, wait_until
from harness.control import TOKENS
from harness.doc_commands import all_commands, documents, of_block
from harness.database import SqliteDb

PAYLOAD = {"files": [{"path": "nginx.conf", "content": "events {}"}]}
#: What stands for something else, for people.
PLACES = {"ID": "7", "N": "5", "batch:N": "batch:1", "SEC": "60", "TEXT": "because", "X": "edge-3", "NAME": "edge-1",
          "COUNT:HASH": "0:" + "0" * 64,  # where every log begins
          "EVENT": "1", "DIR": "site", "VERSION": "42", "FOLDER": "site", "DIGEST": "ab" * 32, "admin|viewer": "admin", "IP": "10.0.0.7", "PATH": "site"}

# The situations of release 7 (version 42) that a command is for; see Docs.make().
NOTHING, DONE, RUNNING, PAUSED, FAILED, STUCK = "nothing", "done", "running", "paused", "failed", "stuck"

#: command: (situation, exit status, what it says)
RUN = {
    # making releases
    "edgeroll config push ./site 42 --note 'new cache rules'": (NOTHING, 0, "version 42 stored"),
    "edgeroll config push ./site 42 --note 'new cache rules' --template '*.conf'": (NOTHING, 0, "version 42 stored"),
    "edgeroll config push DIR VERSION --template '*.conf'": (NOTHING, 0, "version 42 stored"),
    "edgeroll config push PATH VERSION": (NOTHING, 0, "version 42 stored"),
    "edgeroll config push FOLDER 43": (NOTHING, 0, "version 43 stored"),
    "edgeroll release create --version 42 --reason 'new cache rules' --watch": ("stored", 0, "success"),
    "edgeroll release plan --version 42 --label region=eu --batches 1,10%,rest": ("stored", 0, "nothing was changed"),
    "edgeroll release create --version 42 --label region=eu --batches 1,10%,rest --reason 'new cache rules' --watch":
        ("stored", 0, "success"),
    "edgeroll release create": (NOTHING, 2, "--version N"),
    "edgeroll release create --version 43 --node edge-3": ("stored", 0, "1 node in 1 batch"),
    # steering
    "edgeroll release pause ID": (RUNNING, 0, "pause is recorded"),
    "edgeroll release pause 7 --reason 'looking at the error rate'": (RUNNING, 0, "pause is recorded"),
    "edgeroll release continue ID": (PAUSED, 0, "continue is recorded"),
    "edgeroll release continue 7": (PAUSED, 0, "continue is recorded"),
    "edgeroll release stop ID": (RUNNING, 2, "needs --yes"),
    "edgeroll release stop 7 --reason 'wrong cache rules' --yes": (RUNNING, 0, "stop is recorded"),
    "edgeroll release stop ID --force --reason TEXT": (STUCK, 2, "needs --yes"),
    "edgeroll release retry ID [--node X]…": (FAILED, 2, "needs --yes"),
    "edgeroll release retry 7 --node edge-3 --node edge-4": (FAILED, 2, "needs --yes"),
    "edgeroll release rollback ID [--force]": (DONE, 2, "needs --yes"),
    "edgeroll release rollback ID --abort": (RUNNING, 2, "needs --yes"),
    "edgeroll release rollback ID --fast": (DONE, 2, "needs --yes"),
    "edgeroll release rollback 7 --abort --fast --reason 'errors after the rollout' --yes":
        (RUNNING, 0, "rolls back release 7"),
    "edgeroll release rollback ID --dry-run": (DONE, 0, "nothing was changed"),
    "edgeroll release rollback 7 --reason 'errors after the rollout'": (DONE, 2, "needs --yes"),
    "edgeroll release limit ID --max-parallel N --max-parallel-per region=2": (RUNNING, 0, "region=2"),
    "edgeroll release limit 7 --max-parallel 20 --max-parallel-per region=5": (RUNNING, 0, "region=5"),
    # looking
    "edgeroll release list": (DONE, 0, "success"),
    "edgeroll release list --status running": (RUNNING, 0, "running"),
    "edgeroll release list --status running --created-by pipeline": (RUNNING, 0, "no releases"),
    "edgeroll release show ID": (DONE, 0, "edge-1"),
    "edgeroll release show 7": (DONE, 0, "edge-1"),
    "edgeroll release show 7 -o json | jq .waitingFor": (RUNNING, 0, "in progress"),
    "edgeroll release show ID --steps [--node NAME]": (DONE, 0, "edge-1"),
    "edgeroll release explain ID": (FAILED, 0, "edgeroll release retry 7"),
    "edgeroll release explain 7": (FAILED, 0, "edgeroll release retry 7"),
    "edgeroll release watch ID": (DONE, 0, "success"),
    "edgeroll release watch 7": (DONE, 0, "success"),
    "edgeroll release watch 7 && echo rolled out": (DONE, 0, "rolled out"),
    "edgeroll release wait": (NOTHING, 2, "ID"),
    "edgeroll release wait ID --for batch:N --timeout SEC": (DONE, 0, ""),
    "edgeroll release wait 7 --for batch:1 --timeout 600 && run-smoke-tests": (DONE, 0, "smoke"),
    "edgeroll release wait 7 && next-step": (DONE, 0, "next"),
    "edgeroll release events ID [--follow] [--after EVENT]": (DONE, 0, ""),
    "edgeroll release events 7 --follow -o json | jq .kind": (DONE, 0, "release_success"),
    "edgeroll node list [--drift]": (DONE, 0, "no drift"),
    "edgeroll node list": (DONE, 0, "LAST REACHED"),
    "edgeroll node list --drift": (DONE, 0, "no drift"),
    "edgeroll stats": (DONE, 0, "queue"),
    "edgeroll audit --object node:7 --since 2026-01-31T08:00:00Z": (NOTHING, 0, "no rows"),
    "edgeroll ban add --version 42 --reason 'breaks logins, ticket 317'": ("stored", 0, "edgeroll ban remove "),
    "edgeroll ban add --version N --reason TEXT": ("stored", 2, "version 5 has no content"),
    "edgeroll ban remove": (NOTHING, 2, "SHA256 is required"),
    "edgeroll ban remove DIGEST": (NOTHING, 2, "there is no ban of abab"),
    "edgeroll ban list": (NOTHING, 0, "no bans"),
    "edgeroll ban remove 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08":
        (NOTHING, 2, "there is no ban of 9f86d0"),
    "edgeroll reconciliation show": (DONE, 0, "Reconciliation is "),
    "edgeroll reconciliation continue --reason TEXT": (NOTHING, 0, "nothing to continue"),
    "edgeroll reconciliation continue --reason 'disk of edge-3 replaced'": (NOTHING, 0, "nothing to continue"),
    "edgeroll stats -o json": (DONE, 0, "queue"),
    "edgeroll node add NAME IP": ("empty", 0, "node 1 added"),
    "edgeroll node add edge-1 10.0.0.7 --label region=eu": ("empty", 0, "node 1 added"),
    "edgeroll node add edge-1 10.0.0.7 --label region=eu --label provider=example": ("empty", 0, "node 1 added"),
    "source <(edgeroll completion bash)": (NOTHING, 0, ""),
    "curl -fsS \"$EDGEROLL_URL/readyz\"": (NOTHING, 0, ""),
    "curl -fsS -X POST -H \"Authorization: Bearer $EDGEROLL_TOKEN\" -d '{\"reason\":\"errors on edge-3\"}' "
    "$EDGEROLL_URL/api/v1/releases/7/pause-batch": (RUNNING, 0, "pause"),
    "curl -N -H \"Authorization: Bearer $EDGEROLL_TOKEN\" \"$EDGEROLL_URL/api/v1/releases/7/events?follow=1\"":
        (DONE, 0, "event: end"),
    # programs
    "edgeroll-control migrate": (NOTHING, 0, "up to date"),
    "edgeroll-control check": (NOTHING, 0, "database: ok"),
    "edgeroll-control token ann --role admin": (NOTHING, 0, "ann:admin:"),
    "edgeroll-control token ci --role admin": (NOTHING, 0, "ci:admin:"),
    "edgeroll-control token NAME --role admin|viewer": (NOTHING, 0, "edge-1:admin:"),
    "edgeroll-control audit verify": (NOTHING, 0, "head: "),
    "edgeroll-control audit verify --expect COUNT:HASH": (NOTHING, 0, "1 head kept elsewhere"),
    "edgeroll-control audit verify --from heads.txt": (NOTHING, 0, "1 head kept elsewhere"),
    "edgeroll-control rekey": ("keys", 0, "0 contents with secrets"),
    "edgeroll-control migrate --config /etc/edgeroll/control.toml": (NOTHING, 0, "up to date"),
    "edgeroll-control check --config /etc/edgeroll/control.toml": (NOTHING, 0, "database: ok"),
    # certificates, in their order
    "scripts/certs pki ca": (NOTHING, 0, ""),
    "scripts/certs pki control": ("pki", 0, ""),
    "scripts/certs pki agent edge-1 10.0.0.7": ("pki", 0, ""),
    "scripts/certs DIR revoke edge-1": ("pki", 0, ""),
    "scripts/certs DIR crl": ("pki", 0, ""),
    "openssl x509 -in edge-1.crt -noout -fingerprint -sha256": ("pki", 0, "Fingerprint"),
}
#: Run elsewhere, and by whom. A pattern for whole commands.
ELSEWHERE = {
    r"scripts/(demo|test|acceptance)( .*)?": "CI runs them as they stand",
    r"scripts/attack( --list)?": "its rows are these very tests; test_document_tables asks for the list",
    r"scripts/deps && cmake .*": "every build begins with it",
    r"scripts/(lint|format --check)": "each is a test of its own",
    r"scripts/(deps --clang|fuzz .*|tidy( --all)?|second-compiler)": "for people: minutes each; fuzz.* replays the inputs",
    r"scripts/attack-load( .*)?": "test_front runs a short form of it",
    r"scripts/bench .*": "test_bench runs a short form of it",
    r"(install|openssl rand) .*/etc/edgeroll/secrets\.keys": "test_secrets makes its key file the same way",
    r"edgeroll-agent check": "test_settings: with an edge's own settings",
    r"scripts/sim .*": "tests/sim runs the simulator; the script only builds it first",
    r"edgeroll-control": "every process test starts it",
    r"edgeroll-control --config /etc/edgeroll/control\.toml": "test_settings starts control from a file",
    r"export EDGEROLL_(URL|TOKEN)=.*": "the environment of every command here",
    r"edgeroll reconciliation (show|continue --reason .*)": "tests/unit/cli against every answer, and those of reconciliation",
}
#: These speak to an empty Debian machine with systemd: test_edge_setup.py, test_edge_users.py and test_control_setup.py
#: live through them.
ON_A_MACHINE = ("docs/edge.md", "docs/control.md")
AS_ROOT = re.compile(r"(useradd|groupadd|usermod|systemctl|journalctl|systemd-tmpfiles|echo|sed|readlink|install|"
                        r"chmod|chown|setpriv|apt-get|sudo|mkdir|cp|ln|nginx|curl|edgeroll-agent|edgeroll-control token) ?.*")


class Docs(ProcCase):
    def setUp(self):
        super().setUp()
        self.is_held = False

        def outcome(task):
            return ("running", "") if self.is_held else self.outcomes.get(task["task"]["taskId"], ("success", ""))
        self.outcomes = {}
        self.agents = [self.keep(TwoCallAgent(f"edge-{number}", self.addresses.edge(), self.certs, outcome))
                       for number in (1, 2, 3, 4)]
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        for name, text in (("run-smoke-tests", "smoke"), ("next-step", "next")):
            (self.tools / name).write_text(f"#!/bin/sh\necho {text}\n")
            (self.tools / name).chmod(0o755)
        self.count = 0

    # ---- the situations ----

    def make(self, situation):
        """A database and a control of its own, in which the command is what somebody would type."""
        self.count += 1
        self.is_held = situation in (RUNNING, STUCK)
        self.outcomes.clear()
        self._database = self.keep(SqliteDb(self.folder / f"{self.count}.db"))
        settings = {"MIGRATE": "1"}
        if situation == "keys":
            keys = self.folder / "secrets.keys"
            keys.write_text("5" * 64 + "\n")
            keys.chmod(0o640)
            settings["SECRETS_KEY_FILE"] = keys
        control = self.control(name=f"control-{self.count}", **settings)
        if situation in ("empty", "pki", "keys"):
            return control
        self.insert_nodes(self.agents)
        self.database.execute("UPDATE nodes SET labels = '{\"region\":\"eu\"}'")
        if situation == NOTHING:
            return control
        for version in (41, 42, 43):
            self.insert_config(version, {"files": [{"path": "a", "content": str(version)}]})
        if situation == "stored":
            return control
        self.database.execute("UPDATE nodes SET applied_version = 41, applied_config_version = 41, applied_sha256 = "
                              "(SELECT COALESCE(sha256, 'x') FROM config_versions WHERE version = 41)")
        if situation == FAILED:
            self.outcomes.update({f"apply_config_{agent.address}_42": ("failed", "nginx: bad")
                                  for agent in self.agents[2:]})
        self.insert_release(7, [[1], [2, 3, 4]], version=42)
        if situation == PAUSED:
            self.database.execute("UPDATE release_tasks SET batch_config = '{\"pause_after_batch\":true}' WHERE id = 7")
        ends = {DONE: "success", FAILED: "failed", PAUSED: "paused"}
        if situation in ends:
            self.wait_status(7, ends[situation])
        else:
            self.wait_node(7, 1, "running")
        if situation == STUCK:
            status, output = control.cli("release", "stop", "7", "--yes")
            self.assertEqual(status, 0, output)
            wait_until(lambda: self.release_row(7, "batch_status") == ["stopped"], "the stop is under way")
        return control

    def workplace(self, control, situation):
        """The folder in which it is typed: a site, the authority, a settings file."""
        place = self.folder / f"work-{self.count}"
        (place / "site").mkdir(parents=True)
        (place / "site" / "nginx.conf").write_text("events {}\n")
        (place / "scripts").symlink_to(ROOT / "scripts")
        (place / "heads.txt").write_text(f"head: {PLACES['COUNT:HASH']}\n")
        lines = [f"{name.lower()} = \"{value}\"" for name, value in control.settings.items()]
        (place / "control.toml").write_text("\n".join(lines) + "\n")
        (place / "control.toml").chmod(0o640)
        if situation == "pki":
            for arguments in (["pki", "ca"], ["pki", "agent", "edge-1", "10.0.0.7"]):
                subprocess.run([ROOT / "scripts/certs", *arguments], cwd=place, check=True, capture_output=True,
                               timeout=PATIENCE)
            shutil.copy(place / "pki/edge-1.crt", place)
        return place

    # ---- running one ----

    @staticmethod
    def as_typed(command, place):
        """The command with something in each of its places; [optional parts] are given."""
        command = command.replace("[", "").replace("]", "").replace("…", "")
        words = [PLACES.get(word, word) for word in command.split(" ")]
        line = " ".join(words).replace("/etc/edgeroll/control.toml", str(place / "control.toml"))
        return line.replace("scripts/certs site", "scripts/certs pki")

    def run_it(self, command):
        situation, wanted, says = RUN[command]
        control = self.make(situation)
        try:
            place = self.workplace(control, situation)
            environment = clean_environment(**control.settings, EDGEROLL_URL=control.url,
                                            EDGEROLL_TOKEN=TOKENS["admin"])
            environment["PATH"] = f"{BIN}:{self.tools}:{environment['PATH']}"
            done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", self.as_typed(command, place)], cwd=place,
                                  env=environment, capture_output=True, text=True, timeout=PATIENCE * 2, check=False,
                                  stdin=subprocess.DEVNULL)
            output = done.stdout + done.stderr
            self.assertEqual(done.returncode, wanted, output)
            self.assertIn(says, output)
        finally:
            self.is_held = False
            control.program.stop()

    def test_every_command_is_known(self):
        unknown = []
        for where, command in all_commands():
            is_elsewhere = any(re.fullmatch(pattern, command) for pattern in ELSEWHERE) or (
                where in ON_A_MACHINE and AS_ROOT.fullmatch(command))
            if command not in RUN and not is_elsewhere:
                unknown.append(f"{where}: {command}")
        self.assertEqual(unknown, [], "run them here, or say who runs them")
        shown = {command for _, command in all_commands()}
        self.assertEqual(sorted(set(RUN) - shown), [], "no document shows these any more")

    def test_a_block_is_read_as_a_shell_reads_it(self):
        self.assertEqual(of_block("", "edgeroll stats   # figures\nedgeroll node list \\\n    --drift\n"),
                         ["edgeroll stats", "edgeroll node list      --drift"])
        self.assertEqual(of_block("console", "$ edgeroll stats\nedgeroll is not typed here\n"), ["edgeroll stats"])
        self.assertEqual(of_block("json", "edgeroll stats"), [])
        self.assertGreater(len(documents()), 8)

    def run_all(self, part, parts):
        for command in sorted(RUN)[part::parts]:
            with self.subTest(command):
                self.run_it(command)

    def test_commands_work_first_part(self):
        self.run_all(0, 4)

    def test_commands_work_second_part(self):
        self.run_all(1, 4)

    def test_commands_work_third_part(self):
        self.run_all(2, 4)

    def test_commands_work_fourth_part(self):
        self.run_all(3, 4)


if __name__ == "__main__":
    unittest.main()

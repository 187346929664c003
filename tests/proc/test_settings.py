"""Bad settings: one line that names the setting, what is wrong and the cure, and exit status 2."""
import sqlite3
import unittest
from contextlib import closing

from harness import Certs, MariaDb, ProcCase, Program, wait_until
from harness.basics import BIN, clean_environment, run
from harness.certs import PAST
from harness.mariadb_server import free_port


class BadSettings(ProcCase):
    def refused(self, what, program, settings, names, arguments=(), secrets=()):
        with self.subTest(what):
            status, output = run([BIN / program, *arguments], clean_environment(**settings))
            self.assertEqual(status, 2, output)
            lines = output.strip().splitlines()
            self.assertEqual(len(lines), 1, output)
            for name in names:
                self.assertIn(name, lines[0])
            for secret in secrets:
                self.assertNotIn(secret, output)
            if not arguments:
                self.refused_by_check(program, settings, names, secrets)

    def refused_by_check(self, program, settings, names, secrets):
        """What `serve` refuses `check` does too, and it leaves nothing behind."""
        before = self.everything()
        status, output = run([BIN / program, "check"], clean_environment(**settings))
        self.assertEqual(status, 2, f"check: {output}")
        for name in names:
            self.assertIn(name, output, "check")
        for secret in secrets:
            self.assertNotIn(secret, output)
        self.assertEqual(self.everything(), before, "check changed something")

    def everything(self):
        """Every path below the test's folder, and what is in the files."""
        return {path: path.read_bytes() if path.is_file() and not path.is_symlink() else None
                for path in sorted(self.folder.rglob("*")) if "mariadb" not in path.parts}

    def table(self, prefix, certificate, key, wrong_role):
        """Cases that are the same for both programs: (what, settings, words)."""
        other = Certs(self.folder / "other", name="another CA")
        other_key = other.control("other")[1]
        expired = self.certs.control("expired", **PAST) if prefix == "CONTROL" else \
            self.certs.agent("expired", "127.0.0.1", **PAST)
        empty = self.folder / "empty.pem"
        empty.write_text("")
        broken = self.folder / "broken.pem"
        broken.write_text("-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----\n")
        cert, key_name, ca = f"{prefix}_CERT", f"{prefix}_KEY", f"{prefix}_CA"
        return [
            ("no certificate", {cert: None}, [cert]),
            ("no key", {key_name: None}, [key_name]),
            ("no ca", {ca: None}, [ca]),
            ("missing certificate", {cert: self.folder / "nowhere.crt"}, [cert, "nowhere.crt"]),
            ("missing key", {key_name: self.folder / "nowhere.key"}, [key_name, "nowhere.key"]),
            ("missing ca", {ca: self.folder / "nowhere-ca.crt"}, [ca, "nowhere-ca.crt"]),
            ("missing crl", {f"{prefix}_CRL": self.folder / "nowhere.crl"}, [f"{prefix}_CRL", "nowhere.crl"]),
            ("empty certificate", {cert: empty}, [cert, "empty.pem"]),
            ("broken certificate", {cert: broken}, [cert, "broken.pem"]),
            ("broken ca", {ca: broken}, [ca, "broken.pem"]),
            ("key that does not fit", {key_name: other_key}, [key_name, "other.key"]),
            ("key in place of the certificate", {cert: key}, [cert]),
            ("expired certificate", {cert: expired[0], key_name: expired[1]}, [cert, "expired"]),
            ("the other program's certificate", {cert: wrong_role[0], key_name: wrong_role[1]}, [cert]),
        ]

    def test_control_names_the_setting_and_the_cure(self):
        certificate, key = self.certs.control()
        database = f"sqlite:{self.folder}/x.db"
        good = {"DATABASE_URL": database, "HTTP_ADDR": f"{self.addresses.control()}:8080", "CONTROL_CERT": certificate,
                "CONTROL_KEY": key, "CONTROL_CA": self.certs.ca}
        status, output = run([BIN / "edgeroll-control", "check"], clean_environment(**good))
        self.assertEqual(status, 0, output)
        self.assertIn("x.db does not exist yet", output)
        self.assertFalse((self.folder / "x.db").exists(), "check makes no database")
        toml = self.folder / "control.toml"
        toml.write_text("release_lease_sec = 15\ncolour = \"blue\"\n")
        toml.chmod(0o600)
        bad_toml = self.folder / "bad.toml"
        bad_toml.write_text("release_lease_sec = = 15\n")
        secret = "hunter2-of-the-tests"
        closed = free_port()
        cases = self.table("CONTROL", certificate, key, self.certs.agent("role", "127.0.0.1")) + [
            ("not a number", {"RELEASE_LEASE_SEC": "soon"}, ["RELEASE_LEASE_SEC", "soon"]),
            ("zero", {"RELEASE_NODE_TIMEOUT_SEC": "0"}, ["RELEASE_NODE_TIMEOUT_SEC"]),
            ("negative", {"RELEASE_POLL_INTERVAL_SEC": "-1"}, ["RELEASE_POLL_INTERVAL_SEC", "-1"]),
            ("number with a tail", {"AGENT_CONNECT_TIMEOUT_SEC": "15s"}, ["AGENT_CONNECT_TIMEOUT_SEC", "15s"]),
            ("infinite", {"RELEASE_EXECUTOR_INTERVAL_SEC": "inf"}, ["RELEASE_EXECUTOR_INTERVAL_SEC"]),
            ("not whole", {"RELEASE_EXECUTOR_MAX_RELEASES": "1.5"}, ["RELEASE_EXECUTOR_MAX_RELEASES", "1.5"]),
            ("too many digits", {"RELEASE_EXECUTOR_MAX_IN_FLIGHT": "9" * 40}, ["RELEASE_EXECUTOR_MAX_IN_FLIGHT"]),
            ("not a flag", {"RELEASE_EXECUTOR_ENABLED": "maybe"}, ["RELEASE_EXECUTOR_ENABLED", "maybe"]),
            ("neither yes nor no", {"MTLS_ENABLED": "off!"}, ["MTLS_ENABLED", "off!"]),
            ("log level", {"LOG_LEVEL": "loud"}, ["LOG_LEVEL", "loud"]),
            ("log format", {"LOG_FORMAT": "xml"}, ["LOG_FORMAT", "xml"]),
            ("no such scheme", {"DATABASE_URL": "oracle://x"}, ["DATABASE_URL"]),
            ("password in a bad url", {"DATABASE_URL": f"mysql://u:{secret}@host:port/db"}, ["DATABASE_URL"]),
            ("unreachable database", {"DATABASE_URL": f"mysql://u:{secret}@127.0.0.1:{closed}/db"}, [str(closed)]),
            ("no such folder", {"DATABASE_URL": "sqlite:/nowhere/at/all.db"}, ["/nowhere/at/all.db"]),
            ("bad address", {"HTTP_ADDR": "localhost:eighty"}, ["HTTP_ADDR"]),
            ("no address", {"HTTP_ADDR": "foo"}, ["HTTP_ADDR", "foo"]),
            ("no such port", {"HTTP_ADDR": ":99999"}, ["HTTP_ADDR", ":99999"]),
            ("nobody's name", {"HTTP_ADDR": "no.such.host.invalid:8080"}, ["HTTP_ADDR", "no.such.host.invalid"]),
            ("database is a folder", {"DATABASE_URL": f"sqlite:{self.folder}"}, ["DATABASE_URL", str(self.folder)]),
            ("database is something else", {"DATABASE_URL": f"sqlite:{bad_toml}"}, ["DATABASE_URL", "bad.toml"]),
            ("no database and none to be made", {"DATABASE_URL": f"sqlite:{self.folder}/none.db", "MIGRATE": "0"},
             ["DATABASE_URL", "migrate"]),
            ("address of another machine", {"HTTP_ADDR": "203.0.113.1:8080"}, ["HTTP_ADDR", "203.0.113.1"]),
            ("api key without certificate", {"HTTP_KEY": key}, ["HTTP_CERT"]),
            ("missing tokens file", {"API_TOKENS_FILE": self.folder / "no-tokens"}, ["API_TOKENS_FILE", "no-tokens"]),
            ("bad tokens file", {"API_TOKENS_FILE": toml}, ["API_TOKENS_FILE", "control.toml"]),
        ]
        for what, change, names in cases:
            self.refused(what, "edgeroll-control", {**good, **change}, names, secrets=[secret])
        self.refused("empty file name", "edgeroll-control", good, ["--config", "empty"], ["--config", ""])
        self.refused("unknown key in the file", "edgeroll-control", good, ["colour"], ["--config", str(toml)])
        self.refused("broken file", "edgeroll-control", good, ["bad.toml"], ["--config", str(bad_toml)])
        self.refused("missing file", "edgeroll-control", good, ["nowhere.toml"], ["--config", "/nowhere.toml"])
        for arguments in (["--no-such-option"], ["no-such-command"]):
            status, output = run([BIN / "edgeroll-control", *arguments], clean_environment(**good))
            self.assertEqual(status, 2, output)
        # Without the executor no certificate is needed.
        status, output = run([BIN / "edgeroll-control", "check"], clean_environment(
            DATABASE_URL=database, HTTP_ADDR=good["HTTP_ADDR"], RELEASE_EXECUTOR_ENABLED="0"))
        self.assertEqual(status, 0, output)

    def test_control_says_what_is_wrong_with_a_mariadb(self):
        self.database = MariaDb(self.folder / "mariadb")
        certificate, key = self.certs.control()
        good = {"DATABASE_URL": self.database.url, "HTTP_ADDR": f"{self.addresses.control()}:8080",
                "CONTROL_CERT": certificate, "CONTROL_KEY": key, "CONTROL_CA": self.certs.ca}
        port = self.database.server.port
        self.refused("no schema", "edgeroll-control", good, ["migrate"], secrets=["p@ss", "p%40ss"])
        wrong = f"mysql://edge%20roll:hunter2@127.0.0.1:{port}/edgeroll"
        self.refused("wrong password", "edgeroll-control", {**good, "DATABASE_URL": wrong}, ["edge roll"],
                     secrets=["hunter2"])
        nowhere = self.database.url.replace("/edgeroll", "/nowhere")
        self.refused("no such database", "edgeroll-control", {**good, "DATABASE_URL": nowhere}, ["nowhere"],
                     secrets=["p@ss", "p%40ss"])
        dsn = f"edge roll:p@ss:w/rd@tcp(127.0.0.1:{port})/edgeroll?parseTime=True"
        status, output = run([BIN / "edgeroll-control", "migrate"],
                             clean_environment(**{**good, "DATABASE_URL": None, "MYSQL_DSN": dsn}))
        self.assertEqual(status, 0, output)
        status, output = run([BIN / "edgeroll-control", "check"], clean_environment(**good))
        self.assertEqual(status, 0, output)
        last = self.database.rows("SELECT MAX(version) FROM schema_migrations")[0][0]
        self.database.execute(f"DELETE FROM schema_migrations WHERE version = {last}")
        self.refused("old schema", "edgeroll-control", good, ["migrate", last])
        self.database.execute(f"INSERT INTO schema_migrations (version) VALUES ({int(last)}), (9999)")
        status, output = run([BIN / "edgeroll-control", "check"], clean_environment(**good))
        self.assertEqual(status, 0, "a newer schema has all that this program needs: " + output)

    def test_agent_names_the_setting_and_the_cure(self):
        address = self.addresses.edge()
        certificate, key = self.certs.agent("edge-1", address)
        file = self.folder / "a-file"
        file.write_text("x")
        good = {"AGENT_HTTP_ADDR": f"{address}:8443", "AGENT_CERT": certificate, "AGENT_KEY": key,
                "AGENT_CA": self.certs.ca, "AGENT_ROOT": self.folder / "root"}
        strange, odd = self.folder / "strange", self.folder / "odd"
        strange.mkdir()
        (strange / "live").symlink_to("/srv/site")
        (odd / "tasks" / "journal").mkdir(parents=True)
        cases = self.table("AGENT", certificate, key, self.certs.control("role")) + [
            ("not a number", {"AGENT_COMMAND_TIMEOUT_SEC": "soon"}, ["AGENT_COMMAND_TIMEOUT_SEC", "soon"]),
            ("negative", {"AGENT_KEEP_VERSIONS": "-1"}, ["AGENT_KEEP_VERSIONS", "-1"]),
            ("queue", {"AGENT_MAX_QUEUE": "many"}, ["AGENT_MAX_QUEUE", "many"]),
            ("nice", {"AGENT_COMMAND_NICE": "99"}, ["AGENT_COMMAND_NICE", "99"]),
            ("pattern", {"AGENT_ALLOWED_CLIENTS": "everybody"}, ["AGENT_ALLOWED_CLIENTS", "everybody"]),
            ("verify url", {"AGENT_VERIFY_URL": "ftp://x/"}, ["AGENT_VERIFY_URL"]),
            ("root is a file", {"AGENT_ROOT": file}, ["AGENT_ROOT", "a-file"]),
            ("address", {"AGENT_HTTP_ADDR": "nonsense"}, ["AGENT_HTTP_ADDR"]),
            ("no such port", {"AGENT_HTTP_ADDR": ":99999"}, ["AGENT_HTTP_ADDR", ":99999"]),
            ("address of another machine", {"AGENT_HTTP_ADDR": "203.0.113.1:8443"}, ["AGENT_HTTP_ADDR", "203.0.113.1"]),
            ("live points elsewhere", {"AGENT_ROOT": strange}, ["strange", "versions/<version>"]),
            ("no journal can be read", {"AGENT_ROOT": odd}, ["journal"]),
            ("log level", {"LOG_LEVEL": "loud"}, ["LOG_LEVEL", "loud"]),
        ]
        for what, change, names in cases:
            self.refused(what, "edgeroll-agent", {**good, **change}, names)
        fresh = self.folder / "var" / "fresh"
        status, output = run([BIN / "edgeroll-agent", "check"], clean_environment(**{**good, "AGENT_ROOT": fresh}))
        self.assertEqual(status, 0, output)
        self.assertFalse(fresh.parent.exists(), "check makes no folder")
        edge = self.edge(1)
        in_use = {**good, "AGENT_HTTP_ADDR": f"{edge.address}:8443"}
        status, output = run([BIN / "edgeroll-agent"], clean_environment(**in_use))
        self.assertEqual(status, 2, output)
        self.assertIn(f"AGENT_HTTP_ADDR: '{edge.address}:8443'", output)
        # It may be the running agent whose settings are looked at.
        status, output = run([BIN / "edgeroll-agent", "check"], clean_environment(**in_use))
        self.assertEqual(status, 0, output)
        self.assertIn("in use now", output)

    def test_check_leaves_a_running_control_and_its_database_as_they_are(self):
        control = self.control()
        status, output = control.run("check")
        self.assertEqual(status, 0, output)
        self.assertIn("in use now", output)
        plain = self.folder / "plain.db"
        with closing(sqlite3.connect(plain)) as connection:
            connection.execute("CREATE TABLE somebody_elses (x)")
            connection.commit()
        before = plain.read_bytes()
        status, output = control.run("check", DATABASE_URL=f"sqlite:{plain}", MIGRATE=1)
        self.assertEqual(status, 0, output)
        self.assertIn("serve brings its schema up to date", output)
        self.assertEqual(plain.read_bytes(), before, "not even its journal mode")
        self.assertEqual(sorted(path.name for path in self.folder.glob("plain.db*")), ["plain.db"])

    def test_every_program_answers_help_and_version(self):
        for program, words in {"edgeroll-control": ["serve", "migrate", "token", "check"], "edgeroll": ["release", "node"],
                               "edgeroll-agent": ["AGENT_ROOT"]}.items():
            status, output = run([BIN / program, "--help"])
            self.assertEqual(status, 0, output)
            for word in words:
                self.assertIn(word, output)
            status, output = run([BIN / program, "--version"])
            self.assertEqual(status, 0, output)
            self.assertRegex(output, r"\d+\.\d+\.\d+")

    def test_secrets_in_files_that_everybody_may_read_are_refused_unless_that_is_allowed(self):
        certificate, key = self.certs.control()
        tokens, toml = self.folder / "tokens", self.folder / "secret.toml"
        tokens.write_text(f"ann:admin:{'a' * 64}\n")
        toml.write_text('callback_token = "hunter2"\n')
        good = {"DATABASE_URL": f"sqlite:{self.folder}/x.db", "HTTP_ADDR": f"{self.addresses.control()}:8080",
                "CONTROL_CERT": certificate, "CONTROL_KEY": key, "CONTROL_CA": self.certs.ca, "API_TOKENS_FILE": tokens}
        for file, setting in ((tokens, "API_TOKENS_FILE"), (key, "CONTROL_KEY"), (toml, "CALLBACK_TOKEN")):
            with self.subTest(setting):
                for one in (tokens, key, toml):
                    one.chmod(0o640)
                arguments = ["--config", toml]
                status, output = run([BIN / "edgeroll-control", *arguments, "check"], clean_environment(**good))
                self.assertEqual(status, 0, output)
                file.chmod(0o644)
                self.refused(setting, "edgeroll-control", good, [setting, str(file), "everybody"],
                             [str(word) for word in arguments], secrets=["hunter2"])
                status, output = run([BIN / "edgeroll-control", *arguments, "check"],
                                     clean_environment(ALLOW_LOOSE_FILES=1, **good))
                self.assertEqual(status, 0, output)

    def test_sqlite_file_is_closed_to_others(self):
        control = self.control(starts=False, DATABASE_URL=f"sqlite:{self.folder}/mine.db")
        control.start()
        file = self.folder / "mine.db"
        modes = lambda: {path.name: path.stat().st_mode & 0o777 for path in self.folder.glob("mine.db*")}
        self.assertEqual(set(modes().values()), {0o640}, modes())
        control.program.stop()
        file.chmod(0o664)
        control.start()
        self.assertEqual(modes()["mine.db"], 0o660, "the group is the owner's business")
        self.assertIn("event=database_file_closed", control.program.log())

    def test_toml_file_is_used_and_the_environment_wins(self):
        certificate, key = self.certs.control()
        control = self.control(starts=False)
        toml = self.folder / "control.toml"
        text = (f'database_url = "sqlite:{self.folder}/t.db"\nhttp_addr = "{self.addresses.control()}:8080"\n'
                f'control_cert = "{certificate}"\ncontrol_key = "{key}"\ncontrol_ca = "{self.certs.ca}"\n')
        toml.write_text(text + 'release_lease_sec = "soon"\n')
        status, output = run([BIN / "edgeroll-control", "--config", toml, "check"], clean_environment())
        self.assertEqual(status, 2, output)
        self.assertIn("control.toml", output)
        toml.write_text(text + "release_lease_sec = 12.5\n")
        status, output = run([BIN / "edgeroll-control", "--config", toml, "check"], clean_environment())
        self.assertEqual(status, 0, output)
        # Started with the file and only HTTP_ADDR in the environment, it serves there, from the file's database.
        program = Program("control", [BIN / "edgeroll-control", "--config", toml],
                          clean_environment(HTTP_ADDR=f"{control.address}:8080"), self.folder / "toml.log")
        control.programs.append(program)
        self.addCleanup(program.discard)
        wait_until(control.is_ready, program.tail)
        self.assertTrue((self.folder / "t.db").exists())

    def test_without_mtls_nothing_is_executed(self):
        control = self.control(MTLS_ENABLED=0, CONTROL_CERT=None, CONTROL_KEY=None, CONTROL_CA=None)
        self.assertIn("executor=0", control.program.log())
        self.assertEqual(control.request("GET", "/api/v1/releases")[0], 200)


if __name__ == "__main__":
    unittest.main()

"""Who gets the database's password, and over what: real servers with and without TLS."""
import os
import unittest

from harness import MariaDb, ProcCase, wait_until
from harness.certs import PAST, openssl


class DatabaseTls(ProcCase):
    def setUp(self):
        super().setUp()
        self._control = None

    def serve(self, *options):
        self.database = MariaDb(self.folder / "mariadb", *options)
        self.server = self.database.server
        self.port = self.server.port

    def url(self, hosts, options="", user="edge%20roll:p%40ss%3Aw%2Frd"):
        hosts = ",".join(f"{host}:{self.port}" for host in hosts.split(","))
        return f"mysql://{user}@{hosts}/edgeroll{options}"

    def check(self, url, **settings):
        """What `check` says of the database."""
        self._control = self._control or self.control(starts=False)
        status, output = self._control.run("check", DATABASE_URL=url, **settings)
        self.assertNotIn("p@ss:w/rd", output)
        lines = [line for line in output.splitlines() if line.startswith("database:")]
        self.assertEqual(len([line for line in lines if "warning" not in line]), 1, output)
        self.assertEqual(status, 0 if lines[0].startswith("database: ok") else 2, output)
        return "\n".join(lines)

    def assert_reached(self, url, how, **settings):
        said = self.check(url, **settings)
        self.assertIn("database: ok", said)
        self.assertIn(how, said)
        return said

    def assert_refused(self, url, *reasons, **settings):
        said = self.check(url, **settings)
        self.assertNotIn("database: ok", said)
        for reason in reasons:
            self.assertIn(reason, said)
        return said

    def test_a_server_must_prove_who_it_is(self):
        self.serve("--tls")
        own = f"&tls_ca={self.server.tls_folder}/ca.crt"
        cures = ("?tls=off", "?tls_ca=")
        self.assert_reached(self.url("127.0.0.1", "?tls=verify" + own), f"127.0.0.1:{self.port} by tls=verify, TLSv1.3 ")
        self.assert_reached(self.url("localhost", "?tls=verify" + own), f"localhost:{self.port} by tls=verify, TLSv1.3 ")
        self.assert_refused(self.url("127.0.0.1", "?tls=verify"), f"127.0.0.1:{self.port}", "self-signed", *cures)
        self.assert_refused(self.url("127.0.0.1", f"?tls=verify&tls_ca={self.certs.ca}"), "does not prove", *cures)
        # This machine's own addresses need no proof; `127.1` is no literal address.
        self.assertNotIn("warning", self.assert_reached(self.url("127.0.0.1"), f"127.0.0.1:{self.port} by tls=off"))
        self.assert_refused(self.url("127.1"), f"127.1:{self.port} does not prove who it is", *cures)
        self.assert_refused(self.url("127.1", "?" + own[1:]), f"127.1:{self.port}", "another name", *cures)
        said = self.assert_reached(self.url("127.1", "?tls=off"), f"127.1:{self.port} by tls=off")
        self.assertIn("database: warning: tls=off: data and password proofs for 127.1 travel in clear", said)
        self.assert_reached(self.url("127.1", "?tls=require"), "by tls=require, TLSv1.3 ")

        # Each of several hosts is judged by itself.
        self.assert_reached(self.url("127.1,127.0.0.1"), f"127.0.0.1:{self.port} by tls=off")
        self.assert_reached(self.url("127.1,127.0.0.1", "?tls=verify" + own), f"127.0.0.1:{self.port} by tls=verify")
        self.assert_refused(self.url("127.1,localhost", "?tls=verify"), f"127.1:{self.port} does not prove",
                            f"localhost:{self.port} does not prove")
        self.assert_refused(self.url("127.0.0.1,127.1", user="nobody:x"), f": 127.0.0.1:{self.port}: Access denied",
                            f"127.1:{self.port} does not prove")

        foreign = f"?tls=verify&tls_ca={self.certs.ca}"
        for name, sans, times, reason in (
                ("other", ["IP:127.0.0.2", "DNS:db.example"], {}, "another name"),
                ("old", ["IP:127.0.0.1"], PAST, "certificate has expired"),
                ("client", ["IP:127.0.0.1"], {"usage": "clientAuth"}, "unsuitable certificate purpose")):
            usage = times.pop("usage", "serverAuth")
            self.server.show_certificate(*self.certs.issue(name, sans, usage, **times))
            self.assert_refused(self.url("127.0.0.1", foreign), f"127.0.0.1:{self.port}", reason, *cures)
        self.server.show_certificate(*self.certs.issue("good", ["IP:127.0.0.1", "DNS:127.1"], "serverAuth"))
        self.assert_reached(self.url("127.0.0.1", foreign), "by tls=verify")
        # The machine's own authorities, as OpenSSL is told where they are.
        self.assert_reached(self.url("127.1"), f"127.1:{self.port} by tls=verify", SSL_CERT_FILE=self.certs.ca)
        self.assert_refused(self.url("127.1"), "trusts no certificate authority", "127.1", *cures,
                            SSL_CERT_FILE="/nonexistent", SSL_CERT_DIR="/nonexistent")

    def test_accounts_and_servers_that_demand_tls_are_reached_as_they_say(self):
        self.serve("--tls")
        self.database.execute("CREATE USER ssl_only@'%' IDENTIFIED BY 'x' REQUIRE SSL",
                              "CREATE USER with_certificate@'%' IDENTIFIED BY 'x' REQUIRE X509",
                              "GRANT ALL ON edgeroll.* TO ssl_only@'%'", "GRANT ALL ON edgeroll.* TO with_certificate@'%'")
        tls = self.server.tls_folder
        verify = f"?tls=verify&tls_ca={tls}/ca.crt"
        pair = f"&tls_cert={tls}/client.crt&tls_key={tls}/client.key"
        self.assert_refused(self.url("127.0.0.1", user="ssl_only:x"), "Access denied", "?tls=verify")
        self.assert_reached(self.url("127.0.0.1", verify, user="ssl_only:x"), "by tls=verify")
        self.assert_reached(self.url("127.0.0.1", "?tls=require", user="ssl_only:x"), "by tls=require")
        self.assert_refused(self.url("127.0.0.1", user="with_certificate:x"), "?tls=verify")
        self.assert_refused(self.url("127.0.0.1", verify, user="with_certificate:x"), "?tls_cert=FILE&tls_key=FILE")
        self.assert_reached(self.url("127.0.0.1", verify + pair, user="with_certificate:x"), "by tls=verify")
        # A certificate of another authority is none.
        stranger, key = self.certs.issue("stranger", [], "clientAuth")
        self.assert_refused(self.url("127.0.0.1", f"{verify}&tls_cert={stranger}&tls_key={key}", user="with_certificate:x"),
                            "127.0.0.1")
        self.database.execute("SET GLOBAL require_secure_transport = 1")
        self.assert_refused(self.url("127.0.0.1"), "?tls=verify")
        self.assert_refused(self.url("127.1", "?tls=off"), "?tls=verify")
        self.assert_reached(self.url("127.0.0.1", verify), "by tls=verify")
        self.assertIn("ok (mysql://edge roll@localhost", self.check(
            f"mysql://edge%20roll:p%40ss%3Aw%2Frd@localhost/edgeroll?socket={self.server.socket}"))

    def test_a_server_without_tls_is_refused_where_tls_is_asked_for(self):
        self.serve()
        self.assert_refused(self.url("127.1"), f"127.1:{self.port}", "it offers no TLS", "?tls=off", "?tls_ca=")
        self.assert_refused(self.url("127.0.0.1", "?tls=verify"), f"127.0.0.1:{self.port}", "it offers no TLS", "?tls=off")
        self.assert_refused(self.url("127.0.0.1", "?tls=require"), f"127.0.0.1:{self.port}", "it offers no TLS")
        status, output = self._control.run("migrate", DATABASE_URL=self.url("127.1"))
        self.assertEqual((status, len(output.strip().splitlines())), (2, 1), output)
        self.assertIn(f"127.1:{self.port}", output)
        status, output = self._control.run("migrate", DATABASE_URL=self.url("127.1", "?tls=off"))
        self.assertEqual(status, 0, output)
        self.assertIn("warning: tls=off: data and password proofs for 127.1 travel in clear", output)

    def test_a_start_says_how_the_database_is_reached(self):
        self.serve("--tls")
        ca = f"{self.server.tls_folder}/ca.crt"
        control = self.control(DATABASE_URL=self.url("127.0.0.1", f"?tls=verify&tls_ca={ca}"))
        wait_until(lambda: "event=started" in control.program.log(), control.program.log)
        line = next(line for line in control.program.log().splitlines() if "event=database_connection" in line)
        for word in (f"127.0.0.1:{self.port}", "tls=verify", "version=TLSv1.3", "cipher=TLS_"):
            self.assertIn(word, line)
        self.assertNotIn("p@ss", control.program.log())
        self.assertNotIn("database_in_clear", control.program.log())
        self.assertEqual(control.request("GET", "/api/v1/nodes")[0], 200)
        self.assertEqual(self.database.rows(
            "SELECT COUNT(*) FROM information_schema.processlist p WHERE user = 'edge roll'") != [["0"]], True)
        self.assertEqual(control.program.stop(5), 0)

        clear = self.control(name="clear", DATABASE_URL=None,
                             MYSQL_DSN=f"edge roll:p@ss:w/rd@tcp(127.1:{self.port})/edgeroll?tls=false")
        wait_until(lambda: "event=database_in_clear" in clear.program.log(), clear.program.log)
        line = next(line for line in clear.program.log().splitlines() if "event=database_in_clear" in line)
        self.assertIn("host=127.1", line)
        self.assertIn("warn", line.lower())
        self.assertIn("tls=off", next(line for line in clear.program.log().splitlines()
                                      if "event=database_connection" in line))

    def test_files_that_are_no_use_are_named(self):
        self.port = 1  # nobody is asked
        good, key = self.certs.issue("mine", [], "clientAuth")
        _, other = self.certs.issue("other", [], "clientAuth")
        old, old_key = self.certs.issue("old", [], "clientAuth", **PAST)
        locked, weak = self.folder / "locked.key", self.folder / "weak.key"
        openssl("pkey", "-in", key, "-aes256", "-passout", "pass:word", "-out", locked)
        openssl("genrsa", "-out", weak, 1024)
        (self.folder / "weak.pub").write_text(openssl("rsa", "-in", weak, "-pubout"))
        empty = self.folder / "empty.pem"
        empty.write_text("")
        for options, reasons in (
                ("tls_ca=/nonexistent/ca.pem", ("tls_ca (/nonexistent/ca.pem)", "No such file")),
                (f"tls_ca={empty}", ("tls_ca", "holds no certificate")),
                (f"tls_cert={good}&tls_key=/nonexistent/key", ("tls_key (/nonexistent/key)", "cannot be read")),
                (f"tls_cert={good}&tls_key={other}", ("tls_key", "is not the key of tls_cert")),
                (f"tls_cert={good}&tls_key={locked}", ("tls_key", "is protected by a password")),
                (f"server_public_key={self.folder}/weak.pub", ("server_public_key", "shorter than 2048 bits")),
                (f"tls_cert={old}&tls_key={old_key}", ("tls_cert", "expired at")),
                ("server_public_key=/nonexistent/pub", ("server_public_key (/nonexistent/pub)", "cannot be read")),
                (f"server_public_key={good}", ("server_public_key", "no RSA public key"))):
            said = self.assert_refused(self.url("db.example", "?" + options), "DATABASE_URL", *reasons)
            self.assertEqual(len(said.splitlines()), 1, said)
        open_key = self.folder / "open.key"
        open_key.write_bytes(key.read_bytes())
        open_key.chmod(0o644)
        self.assert_refused(self.url("db.example", f"?tls_cert={good}&tls_key={open_key}"), f"tls_key ({open_key})", "chmod")
        if os.geteuid() != 0:
            secret = self.folder / "secret.key"
            secret.write_bytes(key.read_bytes())
            secret.chmod(0)
            self.assert_refused(self.url("db.example", f"?tls_cert={good}&tls_key={secret}"), "tls_key", "cannot be read")
        self.assert_refused(self.url("db.example", "?tls=on"), "DATABASE_URL has a tls that is none of off, require and verify")
        said = self.assert_refused(f"sqlite:{self.folder}/x.db?tls_ca=/x", "is a file")
        self.assertFalse((self.folder / "x.db").exists(), said)


if __name__ == "__main__":
    unittest.main()

"""Whoever answers at the database's address gets nothing from which the password could be had."""
import subprocess
import unittest

from harness import ProcCase
from harness.certs import openssl
from harness.rogue_database import (CAPABILITIES, FULL_LOGIN, LOCAL_FILES, OK, OLD_SWITCH, SCRAMBLE, RogueDatabase,
                                    error, file_request, login_proof, native_scramble, switch_to)

PASSWORD = "s3cr3t-Pa55word"
GREEDY = ("mysql_clear_password", "dialog", "mysql_old_password", "caching_sha2_password", "sha256_password")
# Names that the client library might take for one of those that are allowed, and others that it knows.
ODD = ("", "password", "mysql", "client_ed25519", "auth_gssapi_client", "../mysql_native_password", "x" * 300)


class RogueDatabases(ProcCase):
    def setUp(self):
        super().setUp()
        self._control = self.control(starts=False)
        self.address = self.addresses.edge()
        # libmariadb never frees the path of server_public_key: some bytes a connection (docs/adr/0020).
        suppressions = self.folder / "leaks"
        suppressions.write_text("leak:mysql_optionsv\n")
        self._leaks = f"suppressions={suppressions}:print_suppressions=0"

    def meet(self, answers, options="", address=None, host=None, **rogue_options):
        """`check` against a rogue: (the rogue, what was said of the database)."""
        rogue = RogueDatabase(address or self.address, answers, **rogue_options)
        place = "localhost" if address else f"{host or self.address}:{rogue.port}"
        try:
            status, output = self._control.run("check", DATABASE_URL=f"mysql://u:{PASSWORD}@{place}/d{options}",
                                               LSAN_OPTIONS=self._leaks)
        finally:
            rogue.stop()
        self.assertEqual(status, 2, output)
        self.assertNotIn(PASSWORD, output)
        lines = [line for line in output.splitlines() if line.startswith("database:")]
        self.assertEqual(len(lines), 1, output)
        return rogue, lines[0]

    def assert_nothing_reversible(self, rogue, scenario):
        """The scramble of mysql_native_password is allowed, and empty packets."""
        allowed = (b"", native_scramble(PASSWORD))
        self.assertTrue(rogue.packets, scenario)
        for connection in rogue.packets:
            for number, payload in enumerate(connection):
                said = login_proof(payload) if number == 0 else payload
                self.assertIn(said, allowed, (scenario, number, payload))
                self.assertNotIn(PASSWORD.encode(), payload, scenario)

    def test_it_gets_a_scramble_at_most(self):
        key = self.own_key("rogue")[1]
        for plugin in (*GREEDY, *ODD):
            for options in ("", "?tls=off", "?tls=require"):
                for asks in ("at once", "afterwards"):
                    greeting = plugin if asks == "at once" else "mysql_native_password"
                    scenario = (plugin, options, asks)
                    rogue, said = self.meet([switch_to(plugin), FULL_LOGIN], options, plugin=greeting, key=key)
                    self.assert_nothing_reversible(rogue, scenario)
                    if plugin in GREEDY:
                        self.assertIn(f"{rogue.place} asks for the password in a way that would give it", said)

    def test_servers_of_long_ago_do_not_get_the_old_hash(self):
        for with_plugins in (True, False):
            rogue, said = self.meet([OLD_SWITCH, OK], with_plugins=with_plugins)
            self.assert_nothing_reversible(rogue, with_plugins)
            self.assertIn("asks for the password in a way", said)
        # Before 4.1 there was no other hash: nothing at all is said.
        rogue, _ = self.meet([OK], with_plugins=False, capabilities=0x000F)
        self.assertEqual(rogue.all_packets(), [])

    def test_without_tls_it_gets_not_even_that_where_proof_is_asked_for(self):
        for options in ("?tls=verify", f"?tls=verify&tls_ca={self.certs.ca}"):
            for plugin in ("mysql_native_password", *GREEDY):
                rogue, said = self.meet([switch_to(plugin), FULL_LOGIN], options, plugin=plugin)
                self.assertEqual(rogue.all_packets(), [], plugin)
                self.assertIn(f"{rogue.place} does not prove who it is (it offers no TLS)", said)

    def test_with_a_certificate_that_proves_nothing_it_gets_nothing(self):
        stranger = self.certs.issue("stranger", [f"IP:{self.address}"], "serverAuth")
        wrong = self.certs.issue("wrong", ["IP:127.0.0.1", "DNS:db.example"], "serverAuth")
        for certificate, options in ((stranger, "?tls=verify"), (wrong, f"?tls=verify&tls_ca={self.certs.ca}")):
            rogue, said = self.meet([switch_to("mysql_clear_password"), FULL_LOGIN], options, certificate=certificate)
            self.assertEqual(rogue.all_packets(), [])
            self.assertIn("does not prove who it is", said)
        # Over TLS the plug-ins would send the password itself: not to somebody who proves nothing.
        for plugin in GREEDY:
            rogue, _ = self.meet([switch_to(plugin), FULL_LOGIN], "?tls=require", certificate=stranger)
            self.assert_nothing_reversible(rogue, plugin)

    def test_who_proves_itself_may_ask_for_sha2_and_never_for_more(self):
        good = self.certs.issue("good", [f"IP:{self.address}"], "serverAuth")
        options = f"?tls=verify&tls_ca={self.certs.ca}"
        for plugin in ("caching_sha2_password", "sha256_password"):
            rogue, _ = self.meet([switch_to(plugin), FULL_LOGIN, error(1045, "no")], options, certificate=good)
            self.assertIn(PASSWORD.encode() + b"\x00", rogue.all_packets(), plugin)
        # A socket's other end is this machine.
        socket = f"{self.folder}/sha2"
        rogue, _ = self.meet([switch_to("caching_sha2_password"), FULL_LOGIN, error(1045, "no")], f"?socket={socket}",
                             address=socket)
        self.assertIn(PASSWORD.encode() + b"\x00", rogue.all_packets())
        for plugin in ("mysql_clear_password", "dialog", "mysql_old_password"):
            rogue, said = self.meet([switch_to(plugin), FULL_LOGIN], options, certificate=good)
            self.assert_nothing_reversible(rogue, plugin)
            self.assertIn("in a way that is not allowed", said)
            socket = f"{self.folder}/{plugin}"
            rogue, said = self.meet([switch_to(plugin), FULL_LOGIN], f"?socket={socket}", address=socket)
            self.assert_nothing_reversible(rogue, plugin)

    def own_key(self, name):
        """(private key file, public key as PEM bytes)"""
        private = self.folder / f"{name}.key"
        openssl("genrsa", "-out", private, 2048)
        public = openssl("rsa", "-in", private, "-pubout")
        (self.folder / f"{name}.pub").write_text(public)
        return private, public.encode()

    @staticmethod
    def decrypted(private, data):
        done = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", private, "-pkeyopt", "rsa_padding_mode:oaep"],
                              input=data, capture_output=True, check=False)
        return bytes(byte ^ SCRAMBLE[at % len(SCRAMBLE)] for at, byte in enumerate(done.stdout)) if not done.returncode else None

    def test_the_servers_key_is_the_one_that_was_named(self):
        rogue_private, rogue_public = self.own_key("rogue")
        server_private, _ = self.own_key("server")
        options = f"?server_public_key={self.folder}/server.pub"
        for plugin in ("caching_sha2_password", "sha256_password"):
            rogue, _ = self.meet([switch_to(plugin), FULL_LOGIN, error(1045, "no")], options, key=rogue_public)
            sealed = [payload for payload in rogue.all_packets() if len(payload) == 256]
            for payload in sealed:
                self.assertIsNone(self.decrypted(rogue_private, payload), plugin)
                self.assertEqual(self.decrypted(server_private, payload), PASSWORD.encode() + b"\x00", plugin)
            self.assertNotIn(b"\x02", rogue.all_packets(), "no key is asked for")
            self.assertNotIn(PASSWORD.encode(), b"".join(rogue.all_packets()), plugin)
            self.assertTrue(sealed, rogue.all_packets())
        for plugin in ("mysql_clear_password", "dialog", "mysql_old_password"):
            rogue, _ = self.meet([switch_to(plugin), FULL_LOGIN], options, key=rogue_public)
            self.assert_nothing_reversible(rogue, plugin)

    def test_it_gets_no_file(self):
        secret = self.folder / "secret"
        secret.write_text("the-content-of-a-file")
        for capabilities in (CAPABILITIES, CAPABILITIES | LOCAL_FILES):
            rogue, _ = self.meet([OK, file_request(str(secret))], capabilities=capabilities)
            self.assertGreater(len(rogue.all_packets()), 1)
            self.assertNotIn(b"the-content-of-a-file", b"".join(rogue.all_packets()))

    def test_what_it_says_stays_one_line(self):
        _, said = self.meet([error(1045, "go away\ndatabase: ok\x1b[2J")])
        self.assertIn("go away database: ok [2J", said)


if __name__ == "__main__":
    unittest.main()

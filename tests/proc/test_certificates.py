"""Who may talk to whom (docs/contract.md section 2), tried with curl on one side and with wrong agents on the other."""
import os
import subprocess
import unittest

from harness import Certs, ProcCase, say_when, wait_until
from harness.basics import clean_environment
from harness.certs import PAST, openssl
from harness.edge import plain

SHORT = {"RELEASE_NODE_TIMEOUT_SEC": 10, "RELEASE_DISPATCH_TIMEOUT_SEC": 8, "AGENT_CONNECT_TIMEOUT_SEC": 2,
         "AGENT_REQUEST_TIMEOUT_SEC": 2}


class Commanding(ProcCase):
    """Nobody but control gets anything from an agent."""

    def setUp(self):
        super().setUp()
        self.target = self.edge(1)

    def curl(self, client, path="/tasks/dispatch", data=None):
        """(curl's status, HTTP status, body)"""
        argv = ["curl", "-sS", "--max-time", "10", "--cacert", str(self.certs.ca), "-o", "-", "-w", "\n%{http_code}",
                f"https://{self.target.address}:8443{path}"]
        if client:
            argv += ["--cert", str(client[0]), "--key", str(client[1])]
        if data is not None:
            argv += ["-X", "POST", "-H", "Content-Type: application/json", "--data-binary", data]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, env=clean_environment(), check=False)
        body, _, code = done.stdout.rpartition("\n")
        return done.returncode, int(code or 0), body

    DISPATCH = ('{"taskId":"apply_config_stolen_9","type":"apply_config","version":9,'
                '"payload":{"files":[{"path":"a","content":"b"}]}}')

    def assert_refused(self, client, what):
        for path, data in (("/tasks/dispatch", self.DISPATCH), ("/state", None), ("/healthz", None)):
            status, code, body = self.curl(client, path, data)
            self.assertTrue(status != 0 or code == 403, f"{what}, {path}: curl {status}, HTTP {code}: {body}")
            self.assertNotIn('"data"', body, what)
            self.assertNotIn("appliedVersion", body, what)

    def test_only_the_right_certificate_is_served(self):
        other = Certs(self.folder / "other-ca", name="another CA")
        look_alike = Certs(self.folder / "look-alike", name="edgeroll test CA")
        domain = self.certs.domain
        control_uri = f"URI:spiffe://{domain}/edgeroll/control"
        wrong = {
            "no certificate": None,
            "control of another CA": other.control(),
            "a CA with the same name": look_alike.control(),
            "another agent's": self.certs.agent("edge-9", "127.0.0.9"),
            "this agent's own": (self.target.certificate, self.target.key),
            "expired": self.certs.control("expired", **PAST),
            "no SAN": self.certs.issue("no-san", [], "clientAuth"),
            "control's name as DNS": self.certs.issue("dns", ["DNS:control"], "clientAuth"),
            "control's role, but serverAuth": self.certs.issue("server-auth", [control_uri], "serverAuth"),
            "a longer path": self.certs.issue("longer", [control_uri + "/x"], "clientAuth"),
            "a path before the role": self.certs.issue(
                "before", [f"URI:spiffe://{domain}/x/edgeroll/control"], "clientAuth"),
            "both roles, agent's usage": self.certs.issue(
                "both", [f"URI:spiffe://{domain}/edgeroll/agent/edge-9"], "clientAuth,serverAuth"),
            "an authority": self.certs.issue("authority", [control_uri], "clientAuth", is_ca=True),
            "two URI names": self.certs.issue("two", [control_uri, "URI:https://example/"], "clientAuth"),
        }
        for number, odd in enumerate((":1", ".Example", "", "@x")):
            uri = f"URI:spiffe://{'' if odd == '' else domain + odd}/edgeroll/control"
            wrong[f"a malformed trust domain, {uri}"] = self.certs.issue(f"odd-{number}", [uri], "clientAuth")
        for what, client in wrong.items():
            with self.subTest(what):
                self.assert_refused(client, what)
        self.assertEqual(self.target.ran(), [])
        self.assertEqual(self.target.versions(), [])
        # And with the right one the very same requests are served.
        right = self.certs.control("right")
        self.assertEqual(self.curl(right, "/healthz")[:2], (0, 200))
        self.assertEqual(self.curl(right, "/tasks/apply_config_stolen_9")[:2], (0, 404))
        status, code, body = self.curl(right, data=self.DISPATCH)
        self.assertEqual((status, code), (0, 200), body)
        wait_until(lambda: self.target.live_version() == "9", "the right one's task is done")

    def test_tls_below_1_2_and_plain_http_are_refused(self):
        right = self.certs.control("right")
        url = f"https://{self.target.address}:8443/healthz"
        common = ["curl", "-sS", "--max-time", "10", "--cacert", str(self.certs.ca), "--cert", str(right[0]), "--key",
                  str(right[1])]

        def curl(*arguments):
            return subprocess.run([*common, *arguments], capture_output=True, text=True, timeout=30,
                                  env=clean_environment(), check=False)
        self.assertNotEqual(curl("--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", "--tlsv1.0", url).returncode, 0)
        self.assertNotEqual(curl(url.replace("https", "http")).returncode, 0)
        self.assertEqual(curl("--tls-max", "1.2", url).returncode, 0)
        self.assertEqual(curl("--tlsv1.3", url).returncode, 0)

    def test_agents_never_command_whatever_the_pattern_says(self):
        self.target.program.stop()
        self.target.settings["AGENT_ALLOWED_CLIENTS"] = "uri:spiffe://*/*/*/*,uri:spiffe://*/edgeroll/control"
        self.target.start()
        uri = f"URI:spiffe://{self.certs.domain}/edgeroll/agent/edge-9"
        self.assert_refused(self.certs.issue("edge-9", [uri], "clientAuth"), "an agent's role for clients")
        self.assertEqual(self.curl(self.certs.control("right"), "/healthz")[:2], (0, 200))
        self.assertIn("agents never command", self.target.program.log())

    def test_revoked_control_is_refused(self):
        right = self.certs.control("right")
        crl = self.certs.folder / "crl.pem"
        openssl("ca", "-config", self.certs.config, "-cert", self.certs.ca, "-keyfile", self.certs.ca_key, "-gencrl",
                "-out", crl)
        self.target.program.stop()
        self.target.settings["AGENT_CRL"] = crl
        self.target.start()
        self.assertEqual(self.curl(right, "/healthz")[:2], (0, 200))
        openssl("ca", "-config", self.certs.config, "-cert", self.certs.ca, "-keyfile", self.certs.ca_key, "-revoke",
                right[0])
        fresh = self.certs.folder / "crl-new.pem"
        openssl("ca", "-config", self.certs.config, "-cert", self.certs.ca, "-keyfile", self.certs.ca_key, "-gencrl",
                "-out", fresh)
        os.replace(fresh, crl)
        self.assertTrue(say_when(lambda: self.curl(right, "/healthz")[0] != 0, 15), "the new CRL is not used")


class Impersonating(ProcCase):
    """Control gives nothing to an agent that is not the node."""

    def outcome_with(self, certificate, key, pin=None, ca=None, domains=""):
        edge = self.edge(1, starts=False)
        edge.settings.update(AGENT_CERT=certificate, AGENT_KEY=key)
        if ca:
            edge.settings["AGENT_CA"] = ca
        edge.start()
        self.control(**SHORT, **({"TRUST_DOMAIN": domains} if domains else {}))
        self.insert_nodes([edge])
        if pin:
            self.database.execute(f"UPDATE nodes SET cert_fingerprint = '{pin}' WHERE id = 1")
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        wait_until(lambda: self.release_row(1, "status")[0] in ("success", "failed"), lambda: self.describe(1), 60)
        return edge, self.node_rows(1)[0][1:]

    def assert_tls_failure(self, certificate, key, **options):
        edge, outcome = self.outcome_with(certificate, key, **options)
        self.assertEqual(outcome, ["failed", "tls"], self.describe(1))
        self.assertEqual(edge.ran(), [])
        self.assertIn("ertificate", self.node_rows(1, "error_msg")[0][0])

    def test_fails_tls_when_it_has_another_nodes_certificate(self):
        self.assert_tls_failure(*self.certs.agent("edge-7", "127.99.99.99"))

    def test_fails_tls_when_it_has_another_nodes_role_at_the_right_address(self):
        self.assert_tls_failure(*self.certs.agent("edge-7", f"{self.addresses.network}.1"))
        error = self.node_rows(1, "error_msg")[0][0]
        for word in ("'edge-7'", "'edge-1'", "rename", "reissue", "pin"):
            self.assertIn(word, error)

    def test_fails_tls_when_it_is_of_a_trust_domain_that_is_not_named(self):
        self.assert_tls_failure(*self.certs.agent("edge-1", f"{self.addresses.network}.1"), domains="other.example")
        self.assertIn("TRUST_DOMAIN", self.node_rows(1, "error_msg")[0][0])

    def test_a_trust_domain_that_is_named_is_taken(self):
        certificate = self.certs.agent("edge-1", f"{self.addresses.network}.1")
        _, outcome = self.outcome_with(*certificate, domains=f"other.example,{self.certs.domain}")
        self.assertEqual(outcome, ["success", ""], self.describe(1))

    def test_fails_tls_when_it_comes_from_another_ca(self):
        other = Certs(self.folder / "other-ca", name="another CA")
        self.assert_tls_failure(*other.agent("edge-1", f"{self.addresses.network}.1"))

    def test_fails_tls_when_it_is_expired(self):
        # The agent itself refuses to start with an expired certificate, so it is presented by another server.
        agent = self.hostile_agent(1, lambda *_: None)
        agent.context.load_cert_chain(*self.certs.agent("expired", agent.address, **PAST))
        self.control(**SHORT)
        self.insert_nodes([agent])
        self.insert_release(1, [[1]])
        self.wait_status(1, "failed")
        self.assertEqual(self.node_rows(1), [["1", "failed", "tls"]])
        self.assertIn("expired", self.node_rows(1, "error_msg")[0][0])

    def test_fails_tls_when_it_is_controls_own(self):
        agent = self.hostile_agent(1, lambda *_: None)
        agent.context.load_cert_chain(*self.certs.control("copy"))
        self.control(**SHORT)
        self.insert_nodes([agent])
        self.insert_release(1, [[1]])
        self.wait_status(1, "failed")
        self.assertEqual(self.node_rows(1), [["1", "failed", "tls"]])

    def test_fails_tls_when_the_pin_is_another(self):
        self.assert_tls_failure(*self.certs.agent("edge-1", f"{self.addresses.network}.1"), pin="ab" * 32)

    def test_pin_stands_in_for_the_name(self):
        certificate, key = self.certs.agent("somebody", "127.99.99.99")
        _, outcome = self.outcome_with(certificate, key, pin=self.certs.fingerprint(certificate))
        self.assertEqual(outcome, ["success", ""], self.describe(1))

    def test_dns_name_of_the_node_is_enough(self):
        name = f"URI:spiffe://{self.certs.domain}/edgeroll/agent/edge-1"
        _, outcome = self.outcome_with(*self.certs.issue("edge-1", [name, "DNS:edge-1"], "serverAuth"))
        self.assertEqual(outcome, ["success", ""], self.describe(1))


class Renewing(ProcCase):
    """Certificates change while everything runs."""

    @staticmethod
    def put(source, target):
        fresh = target.with_suffix(".new")
        fresh.write_bytes(source.read_bytes())
        fresh.chmod(0o600)
        os.replace(fresh, target)

    def test_agent_presents_its_new_certificate_without_a_restart_and_keeps_its_task(self):
        edge = self.edge(1)
        self.control()
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        edge.hold()
        self.insert_release(1, [[1]])
        edge.wait_ran(1)
        old = self.certs.fingerprint(edge.certificate)
        certificate, key = self.certs.agent("edge-1", edge.address, file="edge-1-renewed")
        self.put(key, edge.key)
        self.put(certificate, edge.certificate)

        def presented():
            done = subprocess.run(["openssl", "s_client", "-connect", f"{edge.address}:8443"], input="",
                                  capture_output=True, text=True, timeout=20, check=False)
            (self.folder / "presented.pem").write_text(done.stdout)
            return self.certs.fingerprint(self.folder / "presented.pem")
        self.assertTrue(say_when(lambda: presented() == self.certs.fingerprint(certificate), 15),
                        "the new certificate is not presented")
        self.assertNotEqual(old, self.certs.fingerprint(certificate))
        edge.let_go()
        self.wait_status(1, "success")
        self.assertEqual(edge.runs_of(edge.task(1), "check"), 1)
        self.assertTrue(edge.program.is_alive())

    def test_control_and_agent_move_to_another_ca_without_a_restart(self):
        edge = self.edge(1)
        control = self.control(RELEASE_DISPATCH_TIMEOUT_SEC=30)
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        second = Certs(self.folder / "second-ca", name="the next CA")
        client = self.certs.control("probe")
        # The agent trusts the next CA only, and presents a certificate of it.
        certificate, key = second.agent("edge-1", edge.address)
        self.put(key, edge.key)
        self.put(certificate, edge.certificate)
        self.put(second.ca, self.certs.ca)  # both sides read this file

        def is_refused():
            done = subprocess.run(["curl", "-sS", "-k", "--max-time", "5", "--cert", str(client[0]), "--key",
                                   str(client[1]), f"https://{edge.address}:8443/healthz"],
                                  capture_output=True, env=clean_environment(), check=False)
            return done.returncode != 0
        self.assertTrue(say_when(is_refused, 15), "the old CA is still trusted")
        certificate, key = second.control()
        reloads = "event=certificates_reloaded"
        before = control.program.log().count(reloads)
        self.put(key, control.key)
        self.put(certificate, control.certificate)
        wait_until(lambda: control.program.log().count(reloads) > before, "control takes up its new certificate", 15)
        self.insert_config(2, plain(2))
        self.insert_release(2, [[1]])
        self.wait_status(2, "success")
        self.assertTrue(edge.program.is_alive() and control.program.is_alive())
        self.assertEqual(len(edge.programs) + len(control.programs), 2)

    def test_a_broken_file_changes_nothing(self):
        edge = self.edge(1)
        control = self.control()
        self.insert_nodes([edge])
        for file in (edge.certificate, control.certificate):
            fresh = file.with_suffix(".new")
            fresh.write_text("not a certificate\n")
            os.replace(fresh, file)
        # Both must have seen the broken file and gone on with what they had.
        wait_until(lambda: edge.certificate.name in edge.program.log(), "the agent complains about the file", 15)
        wait_until(lambda: control.certificate.name in control.program.log(), "control complains about the file", 15)
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")


if __name__ == "__main__":
    unittest.main()

"""Gates, callbacks and the proof of a version over HTTPS: whom edgeroll trusts, and what it says of the others."""
import shutil
import unittest

from harness import Certs, ProcCase, wait_until
from harness.certs import PAST, openssl
from harness.edge import plain

TOKEN = "a-token-for-callbacks"
# What is wrong with a certificate -> what is said of it.
FAULTS = {"untrusted": "unable to get local issuer certificate", "misnamed": "IP address mismatch",
          "expired": "certificate has expired"}


class Https(ProcCase):
    """The web servers' authority is private, and not that of the agents: nothing but SSL_CERT_FILE or SSL_CERT_DIR
    makes it known."""

    def setUp(self):
        super().setUp()
        self.web_certs = Certs(self.folder / "web-ca", name="CA of the web servers")
        self.trusting = {"SSL_CERT_FILE": self.web_certs.ca}
        self.certificates = 0
        self.web_addresses = [self.addresses.control() for _ in range(4)]

    def start(self, **settings):
        self.one_control = self.control(CALLBACK_TOKEN=TOKEN, CALLBACK_ALLOW=",".join(self.web_addresses),
                                        **(settings or self.trusting))
        self.insert_nodes(self.fleet(2).agents.values())

    def certificate(self, *names, certs=None, **times):
        """A web server's, with its key."""
        self.certificates += 1
        return (certs or self.web_certs).issue(f"web-{self.certificates}", names, "serverAuth", **times)

    def faulty(self, fault, address):
        if fault == "untrusted":  # by the authority that control accepts agents from
            return self.certificate(f"IP:{address}", certs=self.certs)
        if fault == "misnamed":
            return self.certificate("IP:127.0.0.9", "DNS:monitor.example")
        return self.certificate(f"IP:{address}", **PAST)

    def serve(self, fault=None):
        address = self.web_addresses.pop()
        good = self.certificate(f"IP:{address}")
        web = self.web(address, tls=self.faulty(fault, address) if fault else good)
        web.good = good
        web.on("GET", "/gate", (200, {"all": "well"}))
        web.on("POST", "/told", (204, {}))
        return web

    def begin(self, version, gate=None, callback=None, **batch_config):
        self.insert_config(version, plain(version))
        body = {"callback_url": f"{callback.url}/told"} if callback else {}
        if gate:
            batch_config["gate_url"] = f"{gate.url}/gate?release=cdn"
        return self.create(self.one_control, version=version, batch_config={"batch_size": 1, **batch_config},
                           **body)["releaseId"]

    def wait_event(self, number, kind, says):
        wait_until(lambda: any(says in detail for [detail] in self.events_of(number, kind, "detail")),
                   lambda: f"{kind}: {says}\n{self.describe(number)}\n{self.one_control.program.tail()}")

    def wait_callback_done(self, number):
        wait_until(lambda: self.release_row(number, "callback_state") == ["done"], lambda: self.describe(number))

    def assert_told_once(self, web, number):
        [(_, path, _, body, headers)] = web.requests
        self.assertEqual((path, headers["Authorization"]), ("/told", f"Bearer {TOKEN}"))
        self.assertRegex(headers["Idempotency-Key"], f"^release-{number}-20")
        self.assertEqual((body["releaseId"], body["status"]), (number, "success"))

    def test_gate_and_callback_of_a_private_authority_are_reached(self):
        self.start()
        gate, receiver = self.serve(), self.serve()
        number = self.begin(1, gate=gate, callback=receiver)
        self.wait_status(number, "success")
        self.wait_callback_done(number)
        self.assertEqual({(method, path, query["release"]) for method, path, query, _, _ in gate.requests},
                         {("GET", "/gate", "cdn")})
        self.assertGreaterEqual(len(gate.requests), 2)  # after each of two batches
        self.assertNotIn("Authorization", gate.requests[0][4])  # the token is the receiver's only
        self.wait_event(number, "gate_passed", "200")
        self.assert_told_once(receiver, number)

    def test_authority_in_a_folder_of_hashed_names_is_trusted(self):
        folder = self.folder / "hashed"
        folder.mkdir()
        shutil.copy(self.web_certs.ca, folder / "web.pem")
        openssl("rehash", folder)
        self.start(SSL_CERT_DIR=folder)
        gate = self.serve()
        self.wait_status(self.begin(1, gate=gate), "success")
        self.assertGreaterEqual(len(gate.requests), 2)

    def test_bundle_that_was_changed_counts_at_once(self):
        bundle = self.folder / "bundle.pem"
        shutil.copy(self.certs.ca, bundle)
        self.start(SSL_CERT_FILE=bundle)
        gate = self.serve()
        number = self.begin(1, gate=gate)
        self.wait_event(number, "gate_unsure", FAULTS["untrusted"])
        shutil.copy(self.web_certs.ca, bundle)
        self.wait_status(number, "success")  # asked again by itself
        self.assertGreaterEqual(len(gate.requests), 2)

    def test_gate_is_known_by_the_name_in_its_url(self):
        self.start()
        gate = self.web("localhost", port=self.addresses.local_port(), tls=self.certificate("DNS:localhost"))
        gate.on("GET", "/gate", (200, {}))
        self.wait_status(self.begin(1, gate=gate), "success")
        gate.present(*self.certificate("DNS:monitor.example", "IP:127.0.0.1"))
        number = self.begin(2, gate=gate)
        self.wait_event(number, "gate_unsure", "hostname mismatch")
        gate.present(*self.certificate("DNS:*.example", "DNS:localhost"))
        self.wait_status(number, "success")  # asked again by itself
        self.assertGreaterEqual(len(gate.requests), 4)

    def test_gate_with_a_faulty_certificate_pauses_the_release_and_says_why(self):
        self.start()
        for version, (fault, says) in enumerate(FAULTS.items(), 1):
            with self.subTest(fault):
                gate = self.serve(fault)
                number = self.begin(version, gate=gate, gate_timeout_sec=1)
                self.wait_hold(number, "review", 1)
                self.wait_event(number, "gate_unsure", says)
                for error in (self.release_row(number, "last_error")[0], self.one_control.release(number)["lastError"]):
                    self.assertIn(f"{gate.url.removeprefix('https://')}: the peer's certificate was not accepted "
                                  f"({says})", error)
                self.assertEqual((gate.requests, self.statuses(number)), ([], {1: "success", 2: "pending"}))
                self.act(self.one_control, number, "continue-batch", reason="looked at by hand")
                self.wait_hold(number, "review", 2)
                self.act(self.one_control, number, "continue-batch", reason="looked at by hand")
                self.wait_status(number, "success")
                self.assertEqual(gate.requests, [])

    def test_callback_to_a_faulty_certificate_is_tried_again_and_the_history_says_why(self):
        self.start()
        receivers = {}
        for version, fault in enumerate(FAULTS, 1):
            receiver = self.serve(fault)
            number = self.begin(version, callback=receiver)
            self.wait_status(number, "success")  # whatever becomes of the callback
            receivers[number] = fault, receiver
        for number, (fault, receiver) in receivers.items():
            self.wait_event(number, "callback_failed", FAULTS[fault])
            self.assertEqual(receiver.requests, [])  # and nobody got the token
            receiver.present(*receiver.good)
        for number, (_, receiver) in receivers.items():
            self.wait_callback_done(number)
            self.assert_told_once(receiver, number)
        self.assertNotIn(TOKEN, self.one_control.program.log())

    def test_version_is_proven_over_https_by_an_agent_that_trusts_the_server(self):
        web = self.serve()
        web.on("GET", "/edgeroll-version", (200, 1))
        proof = {"AGENT_VERIFY_URL": f"{web.url}/edgeroll-version"}
        trusting, other = self.edge(1, **proof, **self.trusting), self.edge(2, **proof, AGENT_COMMAND_TIMEOUT_SEC=2)
        self.one_control = self.control()
        self.insert_nodes([trusting, other])
        number = self.begin(1)
        self.wait_status(number, "failed")
        self.assertEqual(self.node_rows(number), [["1", "success", ""], ["2", "failed", "exec_failed"]])
        self.assertIn(FAULTS["untrusted"], self.node_rows(number, "error_msg")[1][0])
        self.assertEqual((trusting.live_version(), other.live_version()), ("1", None))


if __name__ == "__main__":
    unittest.main()

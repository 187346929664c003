"""`edgeroll config push`: what of a folder gets to control, with keys as real programs write them."""
import shutil
import subprocess
import unittest

from harness import ProcCase
from harness.api_double import ApiDouble, refusal
from harness.basics import BIN, PATIENCE, clean_environment
from harness.certs import openssl

PASSWORD = ("-passout", "pass:of-the-tests")


class Push(ProcCase):
    def setUp(self):
        super().setUp()
        self.api = self.keep(ApiDouble(self.addresses.control()))
        self.api.on("PUT", "/api/v1/configs/42", {"outcome": "stored"})
        self.site = self.folder / "site"
        self.site.mkdir()
        (self.site / "nginx.conf").write_text("events {}\n")

    def push(self, *options, status=0, path=None):
        """What was said, on both ways."""
        done = subprocess.run([BIN / "edgeroll", "config", "push", path or self.site, "42", *options], text=True,
                              env=clean_environment(EDGEROLL_URL=self.api.url, EDGEROLL_TOKEN="a-token"),
                              capture_output=True, timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL)
        output = done.stdout + done.stderr
        self.assertEqual(done.returncode, status, output)
        return output

    def sent(self):
        """The files of the last payload by their paths."""
        return {file["path"]: file for file in self.api.sent("PUT")[-1][1]["payload"]["files"]}

    def make_keys(self):
        """Every form of a private key that openssl writes."""
        def at(name):
            return self.site / name
        openssl("genpkey", "-algorithm", "ed25519", "-out", at("ed25519.pem"))
        openssl("genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048", "-out", at("rsa.pem"))
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", at("ec-with-parameters.pem"))
        openssl("ec", "-in", at("ec-with-parameters.pem"), "-outform", "DER", "-out", at("ec.key"))
        openssl("rsa", "-in", at("rsa.pem"), "-traditional", "-out", at("rsa-traditional.pem"))
        openssl("rsa", "-in", at("rsa.pem"), "-traditional", "-aes256", *PASSWORD, "-out", at("rsa-password.pem"))
        openssl("rsa", "-in", at("rsa.pem"), "-traditional", "-outform", "DER", "-out", at("rsa-traditional.key"))
        openssl("pkcs8", "-topk8", "-in", at("rsa.pem"), *PASSWORD, "-out", at("pkcs8-password.pem"))
        openssl("pkcs8", "-topk8", "-in", at("rsa.pem"), *PASSWORD, "-outform", "DER", "-out", at("pkcs8-password.key"))
        for kind in ("ed25519", "rsa"):
            openssl("pkcs8", "-topk8", "-nocrypt", "-in", at(f"{kind}.pem"), "-outform", "DER", "-out", at(f"{kind}.key"))
        openssl("req", "-x509", "-key", at("rsa.pem"), "-subj", "/CN=site", "-out", self.folder / "site.crt")
        openssl("pkcs12", "-export", "-inkey", at("rsa.pem"), "-in", self.folder / "site.crt", *PASSWORD,
                "-out", at("pkcs12.key"))
        if shutil.which("ssh-keygen"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at("openssh")], check=True, timeout=PATIENCE)
            (self.site / "openssh.pub").rename(self.folder / "openssh.pub")
        return sorted(path.name for path in self.site.iterdir() if path.name != "nginx.conf")

    def test_private_keys_are_pushed_as_secrets_or_knowingly(self):
        names = self.make_keys()
        self.assertGreater(len(names), 11)
        for name in names:
            with self.subTest(name):
                one = self.folder / f"only-{name}"
                one.mkdir()
                shutil.copy(self.site / name, one)
                output = self.push(path=one, status=2)
                self.assertIn(f"private keys that are not secret: {name}; ", output)
                self.assertIn("--secret", output)
                self.assertIn("--allow-plain-keys", output)
                self.assertEqual(self.api.requests, [])
        output = self.push("--secret", "*.pem", "--secret", "*.key", "--secret", "openssh*")
        self.assertIn(f"stored: {len(names) + 1} files, {len(names)} of them secret, ", output)
        for name, file in self.sent().items():
            self.assertEqual((file.get("secret"), "mode" in file), (True, False) if name in names else (None, True))
        output = self.push("--allow-plain-keys")
        self.assertIn("edgeroll: warning: ", output)
        self.assertNotIn("secret", self.sent()["rsa.pem"])

    def test_what_goes_with_keys_is_no_key(self):
        self.make_keys()
        public = self.folder / "public"
        public.mkdir()
        key = self.site / "rsa.pem"
        for form in ("PEM", "DER"):
            openssl("req", "-x509", "-key", key, "-subj", "/CN=a", "-outform", form, "-out", public / f"certificate.{form}")
            openssl("req", "-new", "-key", key, "-subj", "/CN=a", "-outform", form, "-out", public / f"request.{form}")
            for kind in ("rsa", "ed25519"):
                openssl("pkey", "-in", self.site / f"{kind}.pem", "-pubout", "-outform", form,
                        "-out", public / f"{kind}.{form}")
            openssl("rsa", "-in", key, "-RSAPublicKey_out", "-outform", form, "-out", public / f"pkcs1.{form}")
            openssl("ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-outform", form,
                    "-out", public / f"curve.{form}")
            openssl("crl2pkcs7", "-nocrl", "-certfile", self.folder / "site.crt", "-outform", form,
                    "-out", public / f"pkcs7.{form}")
        for path in self.folder.glob("*.pub"):
            shutil.copy(path, public)
        (public / "README.md").write_text("A key begins with `-----BEGIN PRIVATE KEY-----`; never put one here:\n\n"
                                          "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n")
        self.assertIn("stored", self.push(path=public))
        self.assertGreater(len(self.sent()), 14)

    def test_a_checkout_is_pushed_without_what_is_not_for_the_edge(self):
        (self.site / ".git/objects").mkdir(parents=True)
        (self.site / ".git/objects/pack").write_bytes(bytes(9 << 20))
        (self.site / "module").mkdir()
        (self.site / "module/.git").write_text("gitdir: ../.git/modules/module\n")
        (self.site / "module/page.html").write_text("page")
        (self.site / "notes").mkdir()
        (self.site / "notes/link").symlink_to("nowhere")
        (self.site / "a.bak").write_text("")
        (self.site / ".edgerollignore").write_text("# not for the edge\n*.bak\n/notes/\n")
        output = self.push()
        self.assertIn("; left out: 1 file, 1 folder by .edgerollignore, .git\n", output)
        self.assertEqual(sorted(self.sent()), ["module/page.html", "nginx.conf"])
        (self.site / ".edgerollignore").write_text("*.bak\n!a.bak\n")
        self.assertIn(".edgerollignore line 2: !a.bak: ", self.push(status=2))

    def test_links_are_followed_when_told_to(self):
        (self.folder / "shared").mkdir()
        (self.folder / "shared/common.conf").write_text("gzip on;\n")
        (self.site / "shared").symlink_to("../shared")
        self.assertIn("--dereference", self.push(status=2))
        self.push("--dereference")
        self.assertEqual(self.sent()["shared/common.conf"]["content"], "gzip on;\n")
        (self.folder / "shared/again").symlink_to("../site")
        self.assertIn("shared/again leads back to the folder itself", self.push("--dereference", status=2))

    def test_a_control_that_keeps_no_secrets_is_heard(self):
        (self.site / "token").write_text("a-secret-of-the-tests")
        self.api.on("PUT", "/api/v1/configs/42", refusal(400, 2002, "set SECRETS_KEY_FILE"))
        output = self.push("--secret", "token", status=2)
        self.assertIn("set SECRETS_KEY_FILE (code 2002)", output)
        self.assertNotIn("a-secret-of-the-tests", output)


if __name__ == "__main__":
    unittest.main()

"""Valid certificates and every kind of invalid one (docs/contract.md section 2). scripts/certs makes only
valid ones, so the tests run openssl themselves."""
import subprocess
from pathlib import Path

CONFIG = """
[ca]
default_ca = it
[it]
new_certs_dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
default_crl_days = 30
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"openssl {arguments[0]}: {done.stderr}")
    return done.stdout


class Certs:
    """One certificate authority in its own folder."""

    def __init__(self, folder, name="edgeroll test CA", domain="test.example"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True)
        self.domain = domain
        self.config = self.folder / "openssl.cnf"
        self.config.write_text(CONFIG.format(folder=self.folder))
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("1000\n")
        self.ca = self.folder / "ca.crt"
        self.ca_key = self.folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", self.ca_key, "-out", self.ca, "-subj", f"/CN={name}", "-days", 30,
                "-config", self.config, "-extensions", "root")

    def issue(self, name, sans, usage, start="", end="", is_ca=False):
        """Returns (certificate, key). start, end: YYYYMMDDHHMMSSZ."""
        key, request, certificate = (self.folder / f"{name}.{ending}" for ending in ("key", "csr", "crt"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"basicConstraints=critical,CA:{'TRUE' if is_ca else 'FALSE'}\n" +
                              (f"extendedKeyUsage={usage}\n" if usage else "") +
                              (f"subjectAltName={','.join(sans)}\n" if sans else ""))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                "-out", request, "-subj", f"/CN={name}", "-config", self.config)
        openssl("ca", "-batch", "-notext", "-config", self.config, "-cert", self.ca, "-keyfile", self.ca_key,
                "-in", request, "-out", certificate, "-extfile", extensions,
                *(("-startdate", start, "-enddate", end) if start else ("-days", 30)))
        return certificate, key

    def control(self, name="control", **times):
        return self.issue(name, [f"URI:spiffe://{self.domain}/edgeroll/control"], "clientAuth", **times)

    def agent(self, name, address, file=None, **times):
        sans = [f"URI:spiffe://{self.domain}/edgeroll/agent/{name}", f"DNS:{name}", f"IP:{address}"]
        return self.issue(file or name, sans, "serverAuth", **times)

    def fingerprint(self, certificate):
        text = openssl("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256")
        return text.strip().split("=", 1)[1]


PAST = {"start": "20200101000000Z", "end": "20200201000000Z"}

"""Machines set up by docs/edge.md and README.md."""
import re
import shutil

from .basics import BIN, PATIENCE, ROOT, clean_environment, run, wait_until
from .case import ProcCase
from .database import MariaDb
from .documents import block_with, blocks
from .machines import Fleet

GUIDE, README = "docs/edge.md", "README.md"
# The node that the documents set up, and further nodes set up alike.
EDGES = {"edge-1": "10.0.0.7", "edge-2": "10.0.0.8", "edge-3": "10.0.0.9"}
CONTROL = "10.0.0.1"
EXCHANGE = "/media/exchange"


def guide(kind):
    return [text for one, text in blocks(GUIDE) if one == f"{kind} sh"]


def for_edge(name, text):
    return text.replace("edge-1", name).replace("10.0.0.7", EDGES[name])


class EdgeSetup(ProcCase):
    def make_fleet(self, *names):
        addresses = {"control": CONTROL, **{name: EDGES[name] for name in names}}
        self.fleet = self.keep(Fleet(self.folder / "m", **addresses))
        self.addCleanup(lambda: self.assertEqual(self.fleet.complaint(), ""))
        return [self.fleet[name] for name in names]

    def build(self, document=GUIDE):
        """Runs the document's first block with programs already built. Returns the folder."""
        place = self.folder / "build"
        (place / "build/release").mkdir(parents=True)
        (place / "build/release/bin").symlink_to(BIN)
        (place / "scripts").mkdir()
        shutil.copy(ROOT / "scripts/certs", place / "scripts")
        shutil.copytree(ROOT / "scripts/deploy", place / "scripts/deploy")
        (place / "stubs").mkdir()
        for stub in (place / "scripts/deps", place / "stubs/cmake"):
            stub.write_text("#!/bin/sh\n")
            stub.chmod(0o755)
        # Programs with full debug information take long to compress well.
        (place / "stubs/gzip").write_text("#!/bin/sh\nexec /bin/gzip -1 \"$@\"\n")
        (place / "stubs/gzip").chmod(0o755)
        path = f"{place}/stubs:{clean_environment()['PATH']}"
        (block,) = [text for kind, text in blocks(document) if kind == "build sh"]
        status, output = run(["sh", "-euc", f"cd '{place}'; {block}"], clean_environment(PATH=path), PATIENCE * 2)
        self.assertEqual(status, 0, output)
        return place

    def make_certificates(self, place, names):
        (block,) = guide("authority")
        lines = block.splitlines(keepends=True)
        text = "".join(lines[:2]) + "".join(for_edge(name, lines[2]) for name in names)
        status, output = run(["sh", "-euc", f"cd '{place}'; {text}"])
        self.assertEqual(status, 0, output)

    def set_up(self, machine, place, change=lambda block: block):
        """Runs sections 2 to 5 on one edge."""
        machine.put(place / "edgeroll-edge.tar.gz")
        for name in ("ca.crt", f"{machine.name}.crt", f"{machine.name}.key"):
            machine.put(place / "pki" / name)
        *steps, _ = guide("edge")  # the last one reads the first version
        for block in steps:
            machine.run(change(for_edge(machine.name, block)))
        wait_until(lambda: "event=started" in machine.log("edgeroll-agent.service"),
                   lambda: f"the agent starts\n{machine.logs()}")

    def start_control(self, place):
        """The README's section Control: its settings in the environment, on MariaDB."""
        machine = self.fleet["control"]
        self.database = MariaDb(machine.folder / "db")
        for name in ("edgeroll-control", "edgeroll"):
            machine.put(BIN / name, f"/usr/local/bin/{name}")
        for name in ("control.crt", "control.key", "ca.crt"):
            machine.put(place / "pki" / name)
        machine.run("install -m 0640 /dev/null tokens")
        database = f"mysql://guide:guide@localhost/edgeroll?socket={EXCHANGE}/db/mysqld.sock"
        self.database.server.ask("CREATE USER guide@localhost IDENTIFIED BY 'guide';"
                                 "GRANT ALL ON edgeroll.* TO guide@localhost")
        settings = {"DATABASE_URL": database, "API_TOKENS_FILE": "tokens", "CONTROL_CERT": "control.crt",
                    "CONTROL_KEY": "control.key", "CONTROL_CA": "ca.crt"}
        for line in block_with(README, "", "edgeroll-control migrate").splitlines():
            line = line.partition("#")[0].strip()
            if line.startswith("edgeroll-control token"):
                token, entry = machine.run(line, **settings).splitlines()
                machine.run(f"echo '{entry}' >tokens")
            elif line != "edgeroll-control":
                machine.run(line, **settings)
            else:
                machine.run(f"{line} >>{EXCHANGE}/log/control.log 2>&1 &", **settings)
        self.token = {"EDGEROLL_TOKEN": token}
        wait_until(lambda: machine.try_run("curl -fsS http://127.0.0.1:8080/readyz")[0] == 0,
                   lambda: f"control is ready\n{machine.logs()}")

    def add_nodes(self, names):
        (block,) = guide("operator")
        for name in names:
            self.fleet["control"].run(for_edge(name, block), **self.token)

    def insert_sample(self, number=7, version=42, nodes=(1, 2, 3), change=lambda text: text):
        """Inserts the README's release as a pipeline does; or the same with other numbers, for some of the nodes."""
        text = block_with(README, "sql", "INSERT INTO config_versions")
        rows = [row for row in re.findall(r"^    \((70\d, 7, (\d), .*)\)[,;]$", text, re.M) if int(row[1]) in nodes]
        begin, end = text.index("    (701,"), text.index("COMMIT;")
        text = text[:begin] + ",\n".join(f"    ({row})" for row, _ in rows) + ";\n" + text[end:]
        text = re.sub(r"\b7(0\d)?, ", lambda found: f"{number}{found.group(1) or ''}, ", text)
        text = text.replace("(42,", f"({version},")
        text = text.replace("'cdn', 42, 'pending', 3,", f"'cdn', {version}, 'pending', {len(rows)},")
        self.database.run_script(change(text))

    def describe_all(self, number):
        return self.describe(number) + "\n" + "\n".join(machine.logs() for machine in self.fleet.machines.values())

    def wait_end(self, number):
        wait_until(lambda: self.release_row(number, "status")[0] in ("success", "failed"),
                   lambda: self.describe_all(number), PATIENCE * 3)
        return self.release_row(number, "status")[0]

"""docs/edge.md and README.md, done as they stand: from an empty Debian to edges that serve the README's sample on
port 80. Each machine has namespaces of its own (machine/); its units' users, capabilities and mounts are kept."""
import re
import shutil
import subprocess
from pathlib import Path

from harness import MariaDb, ProcCase, wait_until
from harness.basics import BIN, PATIENCE, ROOT, clean_environment, run
from harness.documents import block_with, blocks
from harness.machines import Fleet

GUIDE, README = "docs/edge.md", "README.md"
# The node that the documents set up, and those that are set up like it.
EDGES = {"edge-1": "10.0.0.7", "edge-2": "10.0.0.8", "edge-3": "10.0.0.9"}
CONTROL = "10.0.0.1"
EXCHANGE = "/media/exchange"


def guide(kind):
    return [text for one, text in blocks(GUIDE) if one == f"{kind} sh"]


def for_edge(name, text):
    return text.replace("edge-1", name).replace("10.0.0.7", EDGES[name])


class EdgeSetupTests(ProcCase):
    def make_fleet(self, *names):
        addresses = {"control": CONTROL, **{name: EDGES[name] for name in names}}
        self.fleet = self.keep(Fleet(self.folder / "m", **addresses))
        self.addCleanup(lambda: self.assertEqual(self.fleet.complaint(), ""))
        return [self.fleet[name] for name in names]

    def build(self):
        """Section 1, with programs that are built already. Returns the folder."""
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
        path = f"{place}/stubs:{clean_environment()['PATH']}"
        (block,) = guide("build")
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
        """Sections 2 to 5 on one edge."""
        machine.put(place / "edgeroll-edge.tar.gz")
        for name in ("ca.crt", f"{machine.name}.crt", f"{machine.name}.key"):
            machine.put(place / "pki" / name)
        *steps, _ = guide("edge")  # the last one looks at the first version
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
        """The README's release, as a pipeline inserts it; or the same of other numbers, for some of the nodes."""
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

    # ---- what is promised ----

    def test_documents_lead_from_an_empty_debian_to_edges_that_serve_on_port_80(self):
        edges = self.make_fleet(*EDGES)
        place = self.build()
        self.make_certificates(place, EDGES)
        for edge in edges:
            self.set_up(edge, place)
        self.start_control(place)
        self.add_nodes(EDGES)
        self.insert_sample()
        self.assertEqual(self.wait_end(7), "success", self.describe_all(7))
        self.assertEqual(self.node_rows(7), [[str(number), "success", ""] for number in (1, 2, 3)])
        for edge in edges:
            look = guide("edge")[-1]
            wanted = [line.partition("#")[2].strip() for line in look.splitlines()]
            self.assertEqual(re.findall(r"versions/\d+|\d+|hello", edge.run(look)), wanted)
            self.assertEqual(self.fleet["control"].run(f"curl -fsS http://{edge.address}/"), "hello")
        # The next one is a reload of a running nginx, not its start.
        self.insert_sample(8, 43, change=lambda text: text.replace("hello", "goodbye"))
        self.assertEqual(self.wait_end(8), "success", self.describe_all(8))
        # An old worker may still take a connection for a moment.
        wait_until(lambda: edges[0].run("curl -fsS http://127.0.0.1/") == "goodbye", "edge-1 says goodbye")

    def test_each_part_of_the_arrangement_is_needed(self):
        """The machines are as narrow as they seem: what was forgotten in the first version of the guide fails here."""
        (edge,) = self.make_fleet("edge-1")
        place = self.build()
        self.make_certificates(place, ["edge-1"])
        self.set_up(edge, place)
        self.start_control(place)
        self.add_nodes(["edge-1"])

        def release(number, change=lambda text: text):
            """The sample for one node: what became of it, and why."""
            self.insert_sample(number, number, (1,), change)
            self.wait_end(number)
            return self.database.rows("SELECT status, COALESCE(error_msg, '') FROM release_task_nodes "
                                      f"WHERE release_task_id = {number}")[0]

        unit = "/etc/systemd/system/edgeroll-agent.service"
        again = "systemctl daemon-reload; systemctl restart edgeroll-agent"
        edge.run(f"sed -i '/^AmbientCapabilities/d' {unit}; {again}")
        status, error = release(101)
        self.assertEqual(status, "failed", error)
        self.assertIn("bind() to 0.0.0.0:80 failed (13: Permission denied)", error)
        edge.run(f"install -m 0644 deploy/edgeroll-agent.service {unit}; {again}")
        edge.run("rm -r /var/lib/nginx/*")  # as if Debian's nginx had never run
        for number, forgotten, said in ((102, "scgi_temp_path tmp;", "/var/lib/nginx/scgi"),
                                        (103, "access_log off;", "/var/log/nginx/access.log")):
            status, error = release(number, lambda text, forgotten=forgotten: text.replace(forgotten, ""))
            self.assertEqual(status, "failed", error)
            self.assertIn(said, error)
        edge.run("systemctl enable --now nginx")
        status, error = release(104)
        self.assertEqual(status, "failed", error)
        self.assertIn("Address already in use", edge.log("edge-nginx.service"))
        # Put back to no version: nginx is not tried for ever.
        wait_until(lambda: edge.try_run("systemctl is-active edge-nginx") == (3, "inactive\n"), edge.logs)
        edge.run("systemctl disable --now nginx")
        self.assertEqual(release(105), ["success", ""], edge.logs())
        # Nothing of this is warned of; a unit that works in live is, by an agent with no more rights than its own.
        self.assertNotIn("server_keeps_version", edge.log("edgeroll-agent.service"))
        self.assertNotIn("content_remark", edge.log("edgeroll-agent.service"))
        folder = "WorkingDirectory=/var/lib/edgeroll-agent/live"
        edge.run(f"sed -i '/^ExecStart/i {folder}' /etc/systemd/system/edge-nginx.service; systemctl daemon-reload;"
                 "systemctl restart edge-nginx")
        wait_until(lambda: edge.try_run("curl -fsS http://127.0.0.1/")[0] == 0, edge.logs)
        edge.run("systemctl restart edgeroll-agent")
        wait_until(lambda: "event=server_keeps_version" in edge.log("edgeroll-agent.service"), edge.logs)
        self.assertIn("program=nginx path=/var/lib/edgeroll-agent/versions/105", edge.log("edgeroll-agent.service"))

    def assert_libraries_named(self, program, text):
        """ldd's files are of the packages that the text names."""
        named = set(text.split())
        said = subprocess.run(["ldd", BIN / program], capture_output=True, text=True, check=True).stdout
        for path in re.findall(r"=> (/\S+)", said):
            file = Path(path).resolve().name
            found = subprocess.run(["dpkg-query", "--search", f"*/{file}"], capture_output=True, text=True,
                                   check=True).stdout
            packages = {entry.partition(":")[0] for entry in found.splitlines()}
            if packages & {"libc6", "libgcc-s1", "libstdc++6"} or re.match("lib[atu][a-z]*san", file):
                continue  # of every Debian; of a test's build
            self.assertTrue(packages & named, f"{program}: {file} of {packages} is not named")

    def test_packages_hold_every_library_of_the_programs(self):
        self.assert_libraries_named("edgeroll-agent", "".join(guide("edge")))
        (all_three, control) = re.search(r"need the packages `(.*?)`,\s.*?also `(.*?)`", (ROOT / README).read_text(),
                                         re.S).groups()
        for program in ("edgeroll-agent", "edgeroll"):
            self.assert_libraries_named(program, all_three)
        self.assert_libraries_named("edgeroll-control", f"{all_three} {control}")

    def test_units_are_sound(self):
        edge, = self.make_fleet("edge-1")
        place = self.build()
        self.make_certificates(place, ["edge-1"])
        self.set_up(edge, place)
        units = "edgeroll-agent.service edge-nginx.service edge-nginx.path"
        said = edge.run(f"cd /etc/systemd/system; systemd-analyze verify {units} 2>&1")
        self.assertEqual(said.strip(), "")
        for unit in ("edgeroll-agent", "edge-nginx"):
            edge.run(f"cd /etc/systemd/system; systemd-analyze security --offline=yes --threshold=35 ./{unit}.service")

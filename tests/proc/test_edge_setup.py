"""docs/edge.md and README.md, done as they stand: from an empty Debian to edges that serve the README's sample on
port 80. Each machine has namespaces of its own (machine/); its units' users, capabilities and mounts are kept."""
import re
import subprocess
from pathlib import Path

from harness import wait_until
from harness.basics import BIN, ROOT
from harness.edge_setup import EDGES, README, EdgeSetup, guide


class EdgeSetupTests(EdgeSetup):
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
        # Nothing of this is warned of. A unit that works in live is put right by the helper; one that names a version is
        # warned of, by an agent with no more rights than its own.
        self.assertNotIn("server_keeps_version", edge.log("edgeroll-agent.service"))
        self.assertNotIn("content_remark", edge.log("edgeroll-agent.service"))
        folder = "WorkingDirectory=/var/lib/edgeroll-agent/live"
        edge.run(f"sed -i '/^ExecStart/i {folder}' /etc/systemd/system/edge-nginx.service; systemctl daemon-reload;"
                 "systemctl restart edge-nginx")
        wait_until(lambda: edge.try_run("curl -fsS http://127.0.0.1/")[0] == 0, edge.logs)
        self.assertEqual(edge.run("readlink /proc/$(cat /run/edge-nginx/nginx.pid)/cwd"), "/\n")
        named = "Environment=EDGEROLL_LIVE=/var/lib/edgeroll-agent/versions/105"
        edge.run(f"sed -i 's!^{folder}!{named}!' /etc/systemd/system/edge-nginx.service; systemctl daemon-reload;"
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
        (all_three, control) = re.search(r"need\s+the\s+packages\s+`(.*?)`,\s.*?also\s+`(.*?)`",
                                         (ROOT / README).read_text(), re.S).groups()
        for program in ("edgeroll-agent", "edgeroll"):
            self.assert_libraries_named(program, all_three)
        self.assert_libraries_named("edgeroll-control", f"{all_three} {control}")

    def test_units_are_sound(self):
        edge, = self.make_fleet("edge-1")
        place = self.build()
        self.make_certificates(place, ["edge-1"])
        self.set_up(edge, place)
        units = " ".join(sorted(file.name for file in (ROOT / "scripts/deploy").glob("*.*")
                                if file.suffix in (".service", ".path") and "control" not in file.name))
        said = edge.run(f"cd /etc/systemd/system; systemd-analyze verify {units} 2>&1")
        self.assertEqual(said.strip(), "")

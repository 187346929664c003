"""What the agent and the command line warn of: it fails nothing, and is seen too late otherwise."""
import os
import shutil

from harness import ProcCase, Program, wait_until
from harness.basics import BIN, clean_environment, run
from harness.edge import plain


class EdgeWarnings(ProcCase):
    def check(self, edge):
        return run([BIN / "edgeroll-agent", "check"], clean_environment(**edge.settings))

    def server_in(self, folder, *argv):
        """A process as a service manager starts it: with that working directory, without a terminal."""
        def enter():
            os.setsid()
            os.chdir(folder)
        # Returns when the child has run enter().
        return self.keep(Program("server", argv or ["sleep", "1000"], clean_environment(),
                                 self.folder / "server.log", enter))

    def test_names_servers_that_were_started_in_a_version(self):
        edge = self.edge(1)
        self.control()
        self.insert_nodes([edge])
        self.insert_config(1, plain(1))
        self.insert_release(1, [[1]])
        self.wait_status(1, "success")
        status, output = self.check(edge)
        self.assertEqual(status, 0, output)
        self.assertNotIn("warning", output)
        # What a unit with WorkingDirectory=AGENT_ROOT/live does.
        server = self.server_in(edge.root / "live")
        told = f"pid={server.pid} program=sleep path={os.path.realpath(edge.root)}/versions/1"
        edge.program.stop()
        edge.start()
        wait_until(lambda: "server_keeps_version" in edge.program.log(), edge.program.tail)
        self.assertIn(told, edge.program.log())
        status, output = self.check(edge)
        self.assertEqual(status, 0, output)
        self.assertIn(f"warning: process {server.pid} (sleep) was started in", output)
        # It is nobody's failure, and over when the server is.
        server.kill()
        status, output = self.check(edge)
        self.assertEqual((status, "warning" in output), (0, False), output)

    def test_check_by_root_says_nothing_about_another_user(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to make another user's folder")
        edge = self.edge(1, starts=False)
        edge.root.mkdir()
        self.assertEqual(self.check(edge), (0, "settings, certificates, root and address are good for the user root\n"))
        shutil.chown(edge.root, "nobody")
        status, output = self.check(edge)
        self.assertEqual(status, 2, output)
        self.assertEqual(output.count("\n"), 1, output)
        self.assertIn(f"AGENT_ROOT {edge.root} belongs to nobody", output)
        self.assertIn("runuser -u nobody -- edgeroll-agent check", output)

    def test_remarks_on_paths_that_do_not_mean_what_they_seem_to(self):
        edge = self.edge(1)
        control = self.control()
        self.insert_nodes([edge])
        site = self.folder / "site"
        site.mkdir()
        (site / "nginx.conf").write_text(
            "server {\n    root html;\n    include /var/lib/edgeroll-agent/live/a.conf;\n}\n")
        status, output = control.cli("config", "push", site, "1")
        self.assertEqual(status, 0, output)
        self.assertIn("remark: nginx.conf, line 2: root html is relative", output)
        self.assertIn("remark: nginx.conf, line 3: /var/lib/edgeroll-agent/live/a.conf: before the switch", output)
        self.assertIn("version 1 stored", output)
        # By SQL, and for the root that this agent has.
        self.insert_config(2, {"files": [{"path": "nginx.conf", "content": f"include {edge.root}/live/a.conf;"}]})
        self.insert_release(2, [[1]])
        self.wait_status(2, "success")
        said = f"remark: nginx.conf, line 1: {edge.root}/live/a.conf: before the switch"
        status, output = control.cli("release", "show", "2", "--steps", "-o", "json")
        self.assertIn(said, output)
        self.assertIn("event=content_remark", edge.program.log())

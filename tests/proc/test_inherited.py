"""What a supervisor, a container or a shell may leave to the programs: signals, streams, umask."""
import fcntl
import os
import re
import signal
import unittest

from harness import ProcCase, wait_until
from harness.basics import PATIENCE
from harness.edge import plain, site

STATUS = "grep -E '^Sig(Blk|Ign)|^Umask' /proc/self/status"


class Inherited(ProcCase):
    def start_both(self, before_exec, nginx=False, **settings):
        self.trace = self.folder / "trace"
        edge = self.edge(1, starts=False, nginx=nginx, **settings)
        edge.settings["AGENT_CHECK_CMD"] += f"; {STATUS} >'{self.trace}'; ls /proc/self/fd | tr '\\n' ' ' >>'{self.trace}'"
        edge.start(before_exec=before_exec)
        control = self.control(starts=False)
        control.start(before_exec=before_exec)
        self.insert_nodes([edge])
        return edge, control

    def roll_out(self, number, payload):
        self.insert_config(number, payload)
        self.insert_release(number, [[1]])
        self.wait_status(number, "success")

    def assert_stop(self, *programs):
        for one in programs:
            self.assertEqual(one.program.stop(), 0)

    def assert_commands_are_clean(self):
        """Nothing is blocked, ignored or open in what the agent runs."""
        blocked, ignored, umask, streams = "", "", "", ""
        *lines, streams = self.trace.read_text().splitlines()
        found = dict(line.split(":") for line in lines)
        umask, blocked, ignored = (found[name].strip() for name in ("Umask", "SigBlk", "SigIgn"))
        self.assertEqual((int(blocked, 16), int(ignored, 16), umask), (0, 0, "0022"))
        self.assertEqual(streams.split(), ["0", "1", "2", "3"])  # 3 is the folder that ls reads

    def test_ignored_signals_change_nothing(self):
        def ignore():
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE, signal.SIGALRM, signal.SIGUSR1):
                signal.signal(number, signal.SIG_IGN)
        edge, control = self.start_both(ignore)
        self.roll_out(1, plain(1))
        self.assert_commands_are_clean()
        self.assert_stop(edge, control)

    def test_blocked_signals_change_nothing(self):
        edge, control = self.start_both(lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()))
        self.roll_out(1, plain(1))
        self.assert_commands_are_clean()
        self.assert_stop(edge, control)

    def test_umask_does_not_keep_the_server_from_what_is_live(self):
        for number, umask in enumerate((0o077, 0o027, 0o777, 0o000), 1):
            with self.subTest(umask=oct(umask)):
                folder = f"{self.folder}/edge-{number}/deep/agent"
                edge = self.edge(number, starts=False, nginx=True, AGENT_ROOT=folder)
                edge.root = edge.folder / "deep" / "agent"
                edge.start(before_exec=lambda umask=umask: os.umask(umask))
                payload = site(1)
                payload["files"][1]["content"] = payload["files"][1]["content"].replace(
                    "location / {", f"location /page {{ root {folder}/live/www; }}\n    location / {{")
                payload["files"].append({"path": "www/page", "content": "hello"})
                body = {"taskId": "t1", "type": "apply_config", "version": 1, "payload": payload,
                        "node": {"name": edge.name, "ip": edge.address}}
                self.assertEqual(edge.call("POST", "/tasks/dispatch", body)[0], 200)
                _, report = edge.call("GET", "/tasks/t1?wait=30")
                self.assertEqual(report["data"]["status"], "success", report)
                # nginx's workers are another user where this runs as root.
                edge.wait_served("hello", "/page")
                for path in ("deep", "deep/agent", "deep/agent/versions", "deep/agent/versions/1"):
                    self.assertEqual((edge.folder / path).stat().st_mode & 0o777, 0o755, path)
                self.assertEqual((edge.root / "tasks" / "journal").stat().st_mode & 0o777, 0o600)

    def test_umask_keeps_control_s_own_files_usable_and_closed(self):
        for umask, wanted in ((0o777, 0o600), (0o000, 0o640)):
            with self.subTest(umask=oct(umask)):
                control = self.control(starts=False, name=f"control-{umask}",
                                       DATABASE_URL=f"sqlite:{self.folder}/{umask}.db")
                control.start(before_exec=lambda umask=umask: os.umask(umask))
                self.assertEqual((self.folder / f"{umask}.db").stat().st_mode & 0o777, wanted)
                self.assertEqual(control.program.stop(), 0)

    def test_closed_streams_are_given_to_nothing_else(self):
        def close():
            for number in (0, 1, 2):
                os.close(number)
        edge, control = self.start_both(close)
        self.roll_out(1, plain(1))
        self.assert_commands_are_clean()
        for one in (edge, control):
            for number in (0, 1, 2):
                self.assertEqual(os.readlink(f"/proc/{one.program.pid}/fd/{number}"), "/dev/null")
        self.assert_stop(edge, control)

    def test_a_reader_of_the_log_that_stalls_stops_nothing(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x" * 512)
        except BlockingIOError:
            pass
        os.set_blocking(writing, True)
        edge, control = self.start_both(lambda: os.dup2(writing, 2), LOG_LEVEL="debug")
        for number in (1, 2, 3):
            self.roll_out(number, plain(number))
        for number in range(20):  # each is a line in the agent's log
            self.assertEqual(edge.call("POST", "/tasks/dispatch", "{" + "x" * 100)[0], 400)
            self.assertEqual(edge.call("POST", "/tasks/dispatch", {
                "taskId": f"old{number}", "type": "apply_config", "version": 1, "payload": plain(9)})[0], 409)
        self.assertEqual(control.request("GET", "/api/v1/releases/3")[0], 200)
        # The reader is back, and nothing was lost.
        os.set_blocking(reading, False)
        text = b""

        def last_is_there():
            nonlocal text
            try:
                text += os.read(reading, 65536)
            except BlockingIOError:
                pass
            return b"task=old19" in text
        wait_until(last_is_there, "the waiting lines are written", PATIENCE)
        seen = re.findall(rb"event=dispatch_refused task=(old\d+)", text)
        self.assertEqual(seen, [f"old{number}".encode() for number in range(20)])
        # And a stop does not wait for it either.
        os.close(writing)
        self.assert_stop(edge, control)


if __name__ == "__main__":
    unittest.main()

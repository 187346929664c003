"""An edge of docs/edge.md, on which agent and nginx are two users: what each may do, and how the one has the other
reload. On a machine of its own, as test_edge_setup.py."""
import json
import re

from harness import wait_until
from harness.documents import block_with
from harness.edge_setup import README, EdgeSetup, guide

AGENT_ROOT, HELPER = "/var/lib/edgeroll-agent", "/usr/local/lib/edgeroll/edgeroll-nginx"
REQUEST, OUTCOME = "/run/edgeroll/nginx-reload", "/run/edge-nginx/reload.outcome"
NOBODY = ("nobody answers requests to reload nginx (waited 20 s): "
          "systemctl enable --now edgeroll-nginx-reload.path\n")
AS_AGENT, AS_SERVER = "runuser -u edgeroll --", "runuser -u edge-nginx --"


class EdgeUsers(EdgeSetup):
    def set_up_one(self):
        (self.machine,) = self.make_fleet("edge-1")
        place = self.build()
        self.make_certificates(place, ["edge-1"])
        self.set_up(self.machine, place)
        self.start_control(place)
        self.add_nodes(["edge-1"])
        self.number = 100
        self.assertEqual(self.release(), ["success", ""], self.machine.logs())

    def release(self, change=lambda text: text):
        """The sample for the one node: what became of it, and why."""
        self.number += 1
        self.insert_sample(self.number, self.number, (1,), change)
        self.wait_end(self.number)
        return self.database.rows("SELECT status, COALESCE(error_msg, '') FROM release_task_nodes "
                                  f"WHERE release_task_id = {self.number}")[0]

    def reload(self):
        """As the agent has it done. (status, output)"""
        return self.machine.try_run(f"{AS_AGENT} {HELPER} reload")

    def workers(self):
        return set(self.machine.run("pgrep -P $(cat /run/edge-nginx/nginx.pid)").split())

    def assert_reloads(self):
        before = self.workers()
        self.assertEqual(self.reload(), (0, ""), self.machine.logs())
        self.assertTrue(self.workers() - before)

    def assert_denied(self, script):
        status, output = self.machine.try_run(script)
        self.assertNotEqual(status, 0, script)
        self.assertRegex(output, "Permission denied|Operation not permitted|Read-only file system")

    def test_each_has_its_own(self):
        self.set_up_one()
        machine = self.machine
        self.assertEqual(set(machine.run("ps -C nginx -o user:20=").split()), {"edge-nginx"})
        self.assertEqual(set(machine.run("ps -C edgeroll-agent -o user:20=").split()), {"edgeroll"})
        # Keys: a site's for both by their group, the agent's for the agent only.
        machine.run("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=site -keyout site.key -out site.crt 2>&1;"
                    "install -m 0640 -o root -g edge-tls site.key site.crt /etc/edge-tls")
        self.assert_denied("runuser -u nobody -- cat /etc/edge-tls/site.key")
        self.assert_denied(f"{AS_SERVER} cat /etc/edgeroll/tls/agent.key")
        machine.run(f"{AS_AGENT} cat /etc/edgeroll/tls/agent.key")

        def with_tls(text):
            lines = "ssl_certificate /etc/edge-tls/site.crt; ssl_certificate_key /etc/edge-tls/site.key;"
            return text.replace("listen 80;", f"listen 80; listen 443 ssl; {lines}")
        self.assertEqual(self.release(with_tls), ["success", ""], machine.logs())
        wait_until(lambda: machine.try_run("curl -fsSk https://127.0.0.1/") == (0, "hello"), machine.logs)
        # Neither is the other's master.
        for path in (f"{AGENT_ROOT}/new", f"{AGENT_ROOT}/live/nginx.conf", f"{AGENT_ROOT}/tasks/new", REQUEST):
            self.assert_denied(f"{AS_SERVER} sh -c 'echo bad >>{path}'")
        self.assert_denied(f"{AS_SERVER} ln -sfn versions/1 {AGENT_ROOT}/live")
        self.assert_denied(f"{AS_AGENT} kill -HUP $(cat /run/edge-nginx/nginx.pid)")
        # All that the agent may write, seen from inside its unit.
        inside = "nsenter --mount=/proc/$(pgrep -o -x edgeroll-agent)/ns/mnt setpriv --reuid=edgeroll --regid=edgeroll " \
                 "--init-groups "
        pruned = " -o ".join(f"-path {path}" for path in ("/proc", "/sys", "/dev", "/media", "/tmp", "/var/tmp", AGENT_ROOT))
        found = machine.run(f"{inside} find / \\( {pruned} \\) -prune -o ! -type l -writable -print 2>/dev/null || true")
        self.assertEqual(found.split(), [REQUEST])
        machine.run(f"{inside} touch {AGENT_ROOT}/tmp-of-a-test; rm {AGENT_ROOT}/tmp-of-a-test")
        # The check has the folders of nginx's prefix, and leaves nothing behind.
        for folder, status in (("made", "success"), ("missing", "failed")):
            machine.run(f"{AS_SERVER} mkdir -p /run/edge-nginx/made")
            nested = f"client_body_temp_path {folder}/body;"
            self.assertEqual(self.release(lambda text, nested=nested: text.replace("client_body_temp_path tmp;", nested))[0],
                             status)
        self.assertEqual(machine.run(f"{inside} find /tmp -name 'tmp.*'"), "")
        # The check needs the group, as nginx does, and so do secrets.
        machine.run("gpasswd -d edgeroll edge-tls")
        status, output = machine.try_run(f"{AS_AGENT} edgeroll-agent check --config /etc/edgeroll/agent.toml")
        self.assertEqual((status, output.splitlines()[-1:]), (2, [
            "edgeroll-agent: AGENT_SECRET_GROUP edge-tls: the user edgeroll is no member of it and may not give files to it: "
            "usermod -aG edge-tls edgeroll, then start the agent again"]))
        machine.run("sed -i /^agent_secret_group/d /etc/edgeroll/agent.toml; systemctl restart edgeroll-agent")
        status, error = self.release(with_tls)
        self.assertEqual(status, "failed")
        self.assertRegex(error, "check failed.*/etc/edge-tls/site.(crt|key).*Permission denied")

    def test_a_key_that_a_configuration_brings_is_for_the_server_and_nobody_else(self):
        self.set_up_one()
        machine = self.machine
        machine.run("openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=site -keyout site.key -out site.crt 2>&1")
        key = machine.run("cat site.key")
        sample = block_with(README, "sql", "INSERT INTO config_versions")
        files = json.loads(re.search(r"VALUES \(42, '(.*?)'\);", sample, re.S).group(1))["files"]
        for file in files:
            file["content"] = file["content"].replace("listen 80;", "listen 80; listen 443 ssl; ssl_certificate site.crt; "
                                                                    "ssl_certificate_key site.key;")
        files += [{"path": "site.crt", "content": machine.run("cat site.crt")},
                  {"path": "site.key", "content": key, "secret": True}]
        # As control sends it, which is not what this is about.
        task = f"apply_config_{machine.address}_900"
        (self.folder / "task").write_text(json.dumps({
            "taskId": task, "type": "apply_config", "version": 900, "payload": {"files": files},
            "node": {"name": "edge-1", "ip": machine.address}, "labels": {}}))
        self.fleet["control"].put(self.folder / "task")
        call = f"curl -sS --cert control.crt --key control.key --cacert ca.crt https://{machine.address}:8443/tasks"

        def ask(rest):
            return json.loads(self.fleet["control"].run(f"{call}/{rest}"))
        self.assertEqual(ask("dispatch -H 'Content-Type: application/json' -d @task")["code"], 0)
        report = ask(f"{task}?wait=40")["data"]
        self.assertEqual(report["status"], "success", report)
        wait_until(lambda: machine.try_run("curl -fsSk https://127.0.0.1/") == (0, "hello"), machine.logs)
        path = f"{AGENT_ROOT}/live/site.key"
        self.assertEqual(machine.run(f"stat -L -c '%a %U %G' {path}"), "640 edgeroll edge-tls\n")
        self.assertEqual(machine.run(f"{AS_SERVER} cat {path}"), key)
        self.assert_denied(f"runuser -u nobody -- cat {path}")
        self.assert_denied(f"{AS_SERVER} sh -c 'echo bad >>{path}'")
        # The group is for that file only.
        self.assertEqual(machine.run(f"find {AGENT_ROOT} -group edge-tls -printf '%P\n'"), "versions/900/site.key\n")
        for name in ("contents", "tasks"):
            self.assertEqual(machine.run(f"find {AGENT_ROOT}/{name} -type f -perm /077"), "")
            self.assert_denied(f"{AS_SERVER} sh -c 'cat {AGENT_ROOT}/{name}/*'")
        self.assertEqual([step["output"] for step in report["steps"] if step["name"] == "stage"], [""])

    def test_reloads_are_asked_for_and_answered(self):
        self.set_up_one()
        machine = self.machine
        self.assert_reloads()
        machine.run(f"{AS_AGENT} {HELPER} reload & {AS_AGENT} {HELPER} reload & wait $!; wait")
        self.assert_reloads()
        before = self.workers()
        machine.run(f"{HELPER} reload")  # root, as nginx's user
        self.assertTrue(self.workers() - before)
        # What nginx says arrives. Its check lets a port pass that is in use.
        machine.run("python3 -c 'import socket, time; s = socket.create_server((\"0.0.0.0\", 8099)); time.sleep(600)' "
                    ">/dev/null 2>&1 &")
        wait_until(lambda: machine.try_run("curl -s --max-time 0.1 http://127.0.0.1:8099/")[0] == 28, "port 8099 is taken")
        status, error = self.release(lambda text: text.replace("listen 80;", "listen 80; listen 8099;"))
        self.assertEqual(status, "failed")
        self.assertIn("reload failed: exit status 1: nginx: [emerg] bind() to 0.0.0.0:8099 failed (98: Address already "
                      "in use)", error)
        self.assertEqual(self.release(), ["success", ""])
        # One that does not end is ended by its unit, and answered.
        unit = "/etc/systemd/system/edgeroll-nginx-reload.service"
        machine.run(f"sed -i s/^TimeoutStartSec.*/TimeoutStartSec=1/ {unit}; systemctl daemon-reload;"
                    "kill -STOP $(cat /run/edge-nginx/nginx.pid)")
        status, said = self.reload()
        self.assertEqual((status, said.splitlines()[-1]), (1, "nginx has not finished loading the configuration"))
        machine.run(f"kill -CONT $(cat /run/edge-nginx/nginx.pid); sed -i s/^TimeoutStartSec.*/TimeoutStartSec=60/ {unit};"
                    "systemctl daemon-reload")
        self.assert_reloads()
        # "May not look" is not "there is no version".
        machine.run(f"chmod 0700 {AGENT_ROOT}")
        self.assertEqual(self.reload(), (1, f"{AGENT_ROOT}/live/nginx.conf cannot be read by edge-nginx, the user of nginx\n"))
        machine.run(f"chmod 0755 {AGENT_ROOT}; curl -fsS http://127.0.0.1/")
        # Without a version nothing is served.
        machine.run(f"systemctl stop edge-nginx.path; mv {AGENT_ROOT}/live {AGENT_ROOT}/gone")
        self.assertEqual(self.reload(), (0, ""))
        wait_until(lambda: machine.try_run("pgrep -x nginx")[0] == 1, machine.logs)

    def test_nothing_else_is_taken_for_the_answer(self):
        self.set_up_one()
        machine = self.machine
        machine.run("systemctl disable --now edgeroll-nginx-reload.path")
        status, error = self.release()
        self.assertEqual(status, "failed")
        self.assertIn("reload failed: exit status 1: " + NOBODY.strip(), error)
        # The outcome of another request, a good one, lies there; and then a link to one that would be right.
        self.assertEqual(machine.run(f"cut -d ' ' -f 2- {OUTCOME}").strip(), "done 0")
        self.assertEqual(self.reload(), (1, NOBODY))
        machine.run(f"{AS_SERVER} sh -c 'ln -sf /tmp/outcome {OUTCOME}; for i in $(seq 300); do "
                    f"echo \"$(cat {REQUEST}) done 0\" >/tmp/outcome; sleep 0.05; done' >/dev/null 2>&1 &")
        wait_until(lambda: machine.try_run("test -s /tmp/outcome")[0] == 0, "the outcome is written")
        self.assertEqual(self.reload(), (1, NOBODY))
        machine.run(f"{AS_SERVER} sh -c 'rm {OUTCOME}; mkfifo {OUTCOME}'")
        self.assertEqual(self.reload(), (1, NOBODY))
        # Nor can the agent's user lead those astray who read what it asks.
        self.assert_denied(f"{AS_AGENT} ln -sf /etc/shadow {REQUEST}")
        self.assert_denied(f"{AS_AGENT} mv {REQUEST} /run/edgeroll/other")
        before = self.workers()
        for text in ("", "../../etc/shadow", "0" * 31, "0" * 33, "$(id)", "0" * 31 + "G", f"x\\n{'0' * 32}"):
            machine.run(f"{AS_AGENT} sh -c 'printf \"{text}\" >{REQUEST}'; {HELPER} answer".replace("$(id)", "\\$(id)"))
        machine.run(f"{AS_AGENT} sh -c 'head -c 3000000 /dev/zero | tr \"\\\\0\" a >{REQUEST}'; {HELPER} answer")
        self.assertEqual(machine.run(f"stat -c %F {OUTCOME}").strip(), "fifo")
        self.assertEqual(self.workers(), before)
        machine.run(f"rm {OUTCOME}; truncate -s 0 {REQUEST}")
        # Without systemd: the same, by a loop; as root it becomes nginx's user.
        machine.run(f"{HELPER} serve >/dev/null 2>&1 &")
        self.assert_reloads()
        self.assertEqual(set(machine.run("ps -C edgeroll-nginx -o user:20=").split()), {"edge-nginx"})
        self.assertEqual(self.release(), ["success", ""], machine.logs())
        machine.run("pkill -x edgeroll-nginx; systemctl enable --now edgeroll-nginx-reload.path")
        self.assert_reloads()
        machine.run(f"mv {REQUEST} /root")
        status, said = self.reload()
        self.assertEqual(status, 1)
        self.assertIn(f"{REQUEST} cannot be written by edgeroll", said)
        self.assertIn("systemd-tmpfiles --create edgeroll.conf", said)

    def test_an_edge_with_one_user_changes_over(self):
        self.set_up_one()
        machine = self.machine
        # Back to how it was: one user, who signals nginx.
        machine.run("""
            systemctl stop edgeroll-agent.service edge-nginx.path edge-nginx.service
            systemctl disable --now edgeroll-nginx-reload.path
            rm /etc/systemd/system/edgeroll-nginx-reload.* /run/edgeroll/nginx-reload
            sed -i s/^User=.*/User=edgeroll/ /etc/systemd/system/edge-nginx.service
            sed -i s/edge-nginx.edge-nginx/edgeroll\\ edgeroll/ /etc/tmpfiles.d/edgeroll.conf
            chown -R edgeroll:edgeroll /run/edge-nginx
            userdel edge-nginx; groupdel edge-tls; rm -r /etc/edge-tls deploy
            sed -i /^agent_secret_group/d /etc/edgeroll/agent.toml
            systemctl daemon-reload
            systemctl start edge-nginx.path edgeroll-agent.service""")
        wait_until(lambda: machine.try_run("curl -fsS http://127.0.0.1/")[0] == 0, machine.logs)
        self.assertEqual(self.release(), ["success", ""], machine.logs())
        self.assertEqual(set(machine.run("ps -C nginx -o user:20=").split()), {"edgeroll"})
        (block,) = guide("upgrade")
        machine.run(block)
        wait_until(lambda: machine.try_run("curl -fsS http://127.0.0.1/") == (0, "hello"), machine.logs)
        self.assertEqual(set(machine.run("ps -C nginx -o user:20=").split()), {"edge-nginx"})
        self.assertEqual(self.release(lambda text: text.replace("hello", "goodbye")), ["success", ""], machine.logs())
        wait_until(lambda: machine.run("curl -fsS http://127.0.0.1/") == "goodbye", machine.logs)
        # It names what a new edge installs, too.
        installed = re.findall(r"deploy/(edge\S*)", "".join(guide("edge")))
        self.assertEqual(sorted(set(re.findall(r"deploy/(edge\S*)", block))), sorted(set(installed)))

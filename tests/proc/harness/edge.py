"""An edge node: edgeroll-agent with a real nginx, or with commands that record their runs."""
import http.client
import json
import os
import shutil
import ssl
import subprocess
from pathlib import Path

from .basics import BIN, PATIENCE, ROOT, Program, clean_environment, is_listening, wait_until

WEB_PORT = 8088
AGENT_PORT = 8443
NGINX = ROOT / "scripts" / "deploy" / "edgeroll-nginx"


class Edge:
    """Every command writes a line to `ran`, so that a test can count the runs, and then waits as long
    as a test holds it: this is how a test stops in the middle of a task."""

    def __init__(self, folder, name, address, certs, nginx=False, **settings):
        self.folder = Path(folder)
        self.name = name
        self.address = address
        self.certs = certs
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o711)
        (self.folder / "tmp").mkdir()
        self.root = self.folder / "agent"
        self.ran_file = self.folder / "ran"
        self.program = None
        self.programs = []
        self.has_nginx = nginx
        self.certificate, self.key = certs.agent(name, address)
        check, reload = "true", "true"
        if nginx:
            check, reload = (f"'{NGINX}' -b -d '{self.folder}' {action}" for action in ("check", "reload"))
        self.settings = {
            "AGENT_HTTP_ADDR": f"{address}:{AGENT_PORT}", "AGENT_CERT": self.certificate, "AGENT_KEY": self.key,
            "AGENT_CA": certs.ca, "AGENT_ROOT": self.root,
            "AGENT_CHECK_CMD": f"{self._trace('check')}; {check}",
            "AGENT_RELOAD_CMD": f"{self._trace('reload')}; {reload}",
            "AGENT_VERIFY_URL": f"http://{address}:{WEB_PORT}/edgeroll-version" if nginx else None,
            **settings}

    def start(self, waits=True, before_exec=None):
        self.program = Program(self.name, [BIN / "edgeroll-agent"], clean_environment(**self.settings),
                               self.folder / "agent.log", before_exec)
        self.programs.append(self.program)
        if waits:
            wait_until(lambda: is_listening(self.address, AGENT_PORT) or not self.program.is_alive(),
                       lambda: f"{self.name} listens\n{self.program.tail()}")
            assert self.program.is_alive(), self.program.tail()
        return self

    def _trace(self, command):
        return (f"echo \"$EDGEROLL_TASK_ID {command}\" >>'{self.ran_file}'; "
                f"while [ -e '{self.folder}/hold-{command}' ]; do sleep 0.05; done")

    def hold(self, command="check"):
        (self.folder / f"hold-{command}").touch()

    def let_go(self):
        for file in self.folder.glob("hold-*"):
            file.unlink()

    def task(self, version):
        """The id of the first attempt's task (docs/contract.md section 5)."""
        return f"apply_config_{self.address}_{version}"

    def wait_ran(self, version, command="check"):
        wait_until(lambda: self.runs_of(self.task(version), command),
                   lambda: f"{self.name} runs {command} of version {version}\n{self.program.tail()}")

    def ran(self):
        """Lines `task-id command`, in the order in which they ran."""
        return self.ran_file.read_text().splitlines() if self.ran_file.exists() else []

    def runs_of(self, task_id, command):
        return self.ran().count(f"{task_id} {command}")

    def live_version(self):
        """The target of `live`, or nothing."""
        live = self.root / "live"
        return os.path.basename(os.readlink(live)) if live.is_symlink() else None

    def versions(self):
        folder = self.root / "versions"
        return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []

    def served(self, path="/edgeroll-version"):
        """(status, body) from the web server, or None without an answer."""
        connection = http.client.HTTPConnection(self.address, WEB_PORT, timeout=3)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        except OSError:
            return None
        finally:
            connection.close()

    def wait_served(self, text, path="/edgeroll-version"):
        """Waits until this is served. A stopping nginx worker may accept a last connection after its successor
        answered: on a busy machine an answer right after a success proves nothing."""
        seen = []
        wait_until(lambda: seen.append(self.served(path)) or seen[-1] == (200, text),
                   lambda: f"{self.name} answers {text} at {path}; it answered {seen[-1]}", poll=0.1)

    def call(self, method, path, body=None, client=None, seconds=PATIENCE):
        """A request as control sends it (client: another (certificate, key)). (status, JSON or text)."""
        context = ssl.create_default_context(cafile=str(self.certs.ca))
        certificate, key = client or self.certs.control(f"client-{os.getpid()}-{self.name}")
        context.load_cert_chain(certificate, key)
        connection = http.client.HTTPSConnection(self.address, AGENT_PORT, timeout=seconds, context=context)
        try:
            text = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            raw = answer.read()
            try:
                return answer.status, json.loads(raw)
            except ValueError:
                return answer.status, raw.decode(errors="replace")
        finally:
            connection.close()

    def wipe(self):
        """As if the machine were built anew: nothing is left below the agent's root, and no web server runs."""
        self.program.stop()
        self.stop_web_server()
        shutil.rmtree(self.root)
        self.start()

    def stop_web_server(self):
        if self.has_nginx:
            subprocess.run([NGINX, "-b", "-d", self.folder, "stop"], check=False, capture_output=True, timeout=PATIENCE)

    def discard(self):
        self.let_go()
        if self.program:
            self.program.discard()
        self.stop_web_server()


def site(version, text=None, listen=None, directive="return"):
    """Files of an nginx configuration that answers `text` on every edge."""
    main = ("worker_processes 1;\nevents { worker_connections 64; }\nhttp {\n    access_log off;\n" +
            "".join(f"    {kind}_temp_path tmp/{kind};\n"
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) +
            "    include conf.d/*.conf;\n}\n")
    listens = "".join(f"    listen {one};\n" for one in [f"${{node.ip}}:{WEB_PORT}", *(listen or [])])
    server = (f"server {{\n{listens}    include edgeroll-version.conf;\n    location / {{\n"
              f"        default_type text/plain;\n        {directive} 200 "
              f"\"{text or f'version {version}'} on ${{node.name}}\";\n    }}\n}}\n")
    return {"files": [{"path": "nginx.conf", "content": main},
                      {"path": "conf.d/site.conf", "content": server, "template": True}]}


def plain(version, size=0):
    """A configuration for edges without nginx."""
    return {"files": [{"path": "site.conf", "content": f"version {version}\n" + "x" * size}]}

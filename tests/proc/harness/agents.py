"""Foreign agents: a minimal agent with dispatch and query only, and hostile ones."""
import http.server
import json
import socket
import ssl
import threading
import time


def server_context(certs, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(certs.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


class TwoCallAgent:
    """Implements only POST /tasks/dispatch (taskId, type, version, payload) and GET /tasks/{id}.
    `outcome(task)` returns a task's current (status, lastError). All requests are in `asked`.
    With `holds(digest)` it also answers GET /contents/{sha256}, with its result, and accepts a dispatch
    without a payload if it ever received that content. With `state()` it also answers GET /state, with its
    result. An `old` agent does not tell a template from the same text taken literally: it identifies contents
    by `sha256` only."""

    def __init__(self, name, address, certs, outcome=None, port=8443, holds=None, state=None, old=False):
        self.name, self.address = name, address
        self.digest = "sha256" if old else "contentSha256"
        self.holds, self.contents, self.state = holds, set(), state
        self.tasks = {}
        self.asked = []
        self._lock = threading.Lock()
        self._outcome = outcome or (lambda task: ("success", ""))
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def log_message(self, *_):
                pass

            def answer(self, status, data):
                body = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def unknown_route(self):
                body = b"404 page not found"
                self.send_response(404)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                agent.note("POST", self.path)
                if self.path != "/tasks/dispatch":
                    return self.unknown_route()
                task = json.loads(body)
                digest = task.get(agent.digest)
                if agent.holds and "payload" not in task and digest not in agent.contents:
                    return self.answer(409, {"code": 3001, "message": f"content {digest} is not here"})
                return self.answer(200, agent.dispatch(task))

            def do_GET(self):
                agent.note("GET", self.path)
                path = self.path.split("?")[0]
                if agent.holds and path.startswith("/contents/"):
                    digest = path.removeprefix("/contents/")
                    return self.answer(200, {"code": 0, "message": "success",
                                             "data": {agent.digest: digest, "held": agent.holds(digest)}})
                if agent.state and path == "/state":
                    return self.answer(200, {"code": 0, "message": "success", "data": agent.state()})
                if not path.startswith("/tasks/"):
                    return self.unknown_route()
                report = agent.query(path.removeprefix("/tasks/"))
                if report is None:
                    return self.answer(404, {"code": 3001, "message": "task not found"})
                return self.answer(200, report)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self):
                connection, peer = super().get_request()
                connection.settimeout(60)
                return self.context.wrap_socket(connection, server_side=True,
                                                do_handshake_on_connect=False), peer

            def handle_error(self, *_):
                pass

        self._server = Server((address, port), Handler)
        self._server.context = server_context(certs, *certs.agent(name, address))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def note(self, method, path):
        with self._lock:
            self.asked.append((method, path))

    def dispatch(self, task):
        with self._lock:
            if "payload" in task and self.digest in task:
                self.contents.add(task[self.digest])
            known = self.tasks.setdefault(task["taskId"], {"task": task, "dispatches": 0,
                                                           "since": time.monotonic()})
            known["dispatches"] += 1
        return {"code": 0, "message": "success", "data": {"taskId": task["taskId"], "status": "pending"}}

    def query(self, task_id):
        with self._lock:
            known = self.tasks.get(task_id)
        if known is None:
            return None
        status, error = self._outcome(known)
        return {"code": 0, "message": "success",
                "data": {"taskId": task_id, "status": status, "lastError": error}}

    def discard(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class HostileAgent:
    """Completes the TLS handshake and then misbehaves as behave(connection, request_line) does."""

    def __init__(self, name, address, certs, behave, handshakes=True, port=8443):
        self.name, self.address = name, address
        self.connections = 0
        self._behave = behave
        self._handshakes = handshakes
        self.context = server_context(certs, *certs.agent(name, address))
        self._is_over = threading.Event()
        self._open = []
        self._listener = socket.create_server((address, port))
        self._listener.settimeout(0.1)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def is_over(self):
        return self._is_over

    def _accept(self):
        while not self._is_over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                continue
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(60)
        try:
            if self._handshakes:
                connection = self.context.wrap_socket(connection, server_side=True)
                request = connection.recv(65536)
                self._behave(self, connection, request.split(b"\r\n", 1)[0].decode(errors="replace"))
            else:
                self._behave(self, connection, "")
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def discard(self):
        self._is_over.set()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join()
        self._listener.close()

"""A web server with scripted answers: a fake API, a gate, a receiver of callbacks."""
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def envelope(data):
    return 200, {"code": 0, "message": "success", "data": data}


def refusal(status, code, message):
    return status, {"code": code, "message": message}


class ApiDouble:
    """Answers on address:port. `on` sets a call's answers in order; the last one is repeated.
    tls: the (certificate, key) to serve https with."""

    def __init__(self, address, tls=None, port=8080):
        self.url = f"{'https' if tls else 'http'}://{address}:{port}"
        self.requests = []  # (method, path, query, body, headers)
        self.bodies = []  # unparsed
        self._answers = {}
        self._lock = threading.Lock()
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                text = self.rfile.read(size)
                double.bodies.append(text)
                status, value = double.take(self.command, self.path, json.loads(text) if text else None,
                                            dict(self.headers.items()))
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = do_PUT = answer

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self):
                connection, peer = super().get_request()
                if double.context:  # the connection's own thread does the handshake
                    connection = double.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                return connection, peer

            def handle_error(self, *_):
                pass  # a client that refuses the certificate

        self.context = None
        if tls:
            self.present(*tls)
        self._server = Server((address, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def present(self, certificate, key):
        """Uses this certificate from the next connection on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.context = context

    def on(self, method, path, *answers):
        """answers: data, or (status, body), or a function of (query, body) that returns either."""
        with self._lock:
            self._answers[method, path] = list(answers)

    def take(self, method, target, body, headers):
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self._lock:
            self.requests.append((method, parts.path, query, body, headers))
            answers = self._answers.get((method, parts.path))
            if not answers:
                return refusal(404, 3001, f"nothing at {parts.path}")
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer(query, body)
        return answer if isinstance(answer, tuple) else envelope(answer)

    def sent(self, method):
        """(path, body) of the requests with this method so far."""
        with self._lock:
            return [(path, body) for sent, path, _, body, _ in self.requests if sent == method]

    def discard(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def node(number, status, error="", kind=None, attempt=1, **more):
    return {"nodeId": number, "nodeName": f"edge-{number}", "status": status,
            "attempt": 0 if status in ("pending", "skipped") else attempt,
            "failureKind": kind or ("exec_failed" if status == "failed" else None), "errorMsg": error,
            "startedAt": None, "finishedAt": None, "progress": 0, "configVersion": None, "agentTaskId": None, **more}


def release(status, current, batches, **more):
    """Release 7, version 42, with these batches of nodes."""
    nodes = [node for batch in batches for node in batch]

    def count(word):
        return sum(node["status"] == word for node in nodes)
    over = status in ("success", "failed", "cancelled")
    batch_status = {"pending": None, "running": "running", "paused": "paused", "success": "completed"}
    data = {"releaseId": 7, "type": "apply_config", "target": "cdn", "version": 42, "status": status,
            "batchStatus": batch_status.get(status, "stopped"), "currentBatch": current,
            "totalBatches": len(batches), "totalNodes": len(nodes), "successNodes": count("success"),
            "failedNodes": count("failed"), "skippedNodes": count("skipped"), "deferredNodes": count("deferred"),
            "cancelledNodes": count("cancelled"), "holdReason": None, "rollsBack": None, "fromRelease": None,
            "waivedFailures": 0, "callbackUrl": None, "maxParallel": None,
            "waitingFor": None if over else {"reason": "nodes in progress", "nodes": [], "until": None},
            "lastError": "", "reason": "new cache rules", "createdBy": "ann", "createdAt": "2026-01-31T08:00:00.000Z",
            "updatedAt": "2026-01-31T08:00:00.000Z", "startedAt": "2026-01-31T08:00:01.000Z",
            "finishedAt": "2026-01-31T08:03:00.000Z" if over else None,
            "batches": [{"batch": number, "nodes": batch} for number, batch in enumerate(batches, 1)]}
    data.update(more)
    return data

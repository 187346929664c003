"""Prometheus itself, scraping what a test serves, and a double that answers oddly."""
import json
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from .basics import Program, clean_environment, wait_until


class _Web:
    """Serves on address:port until it is discarded."""

    def __init__(self, address, port):
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                web.serve(self, self.rfile.read(size))

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that goes away

        self.address, self.port = address, port
        self.url = f"http://{address}:{port}"
        self._server = Server((address, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @staticmethod
    def send(handler, status, body, **headers):
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def discard(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Metrics(_Web):
    """What Prometheus scrapes: `values` by name of the edge."""

    def __init__(self, address, port=8088):
        self.values = {}
        super().__init__(address, port)

    def serve(self, handler, _):
        text = "# TYPE edge_errors gauge\n" + "".join(f'edge_errors{{edge="{edge}"}} {value}\n'
                                                      for edge, value in self.values.items())
        self.send(handler, 200, text.encode(), **{"Content-Type": "text/plain; version=0.0.4"})


class Prometheus:
    """The real server, of Debian's package; it scrapes that address five times a second."""

    def __init__(self, folder, address, target):
        folder.mkdir()
        (folder / "prometheus.yml").write_text(json.dumps({  # JSON is YAML
            "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms"},
            "scrape_configs": [{"job_name": "edges", "static_configs": [{"targets": [f"{target.address}:{target.port}"]}]}]}))
        self.url = f"http://{address}:8088"
        self.program = Program("prometheus", [
            "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}:8088"], clean_environment(), folder / "prometheus.log")
        self.programs = [self.program]

    def value(self, query):
        """The numbers that a query has now; none while it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query?query={query}", timeout=5) as answer:
                return [float(one["value"][1]) for one in json.load(answer)["data"]["result"]]
        except OSError:
            return None

    def wait_for(self, query, value):
        wait_until(lambda: self.value(query) == [value], lambda: f"{query} is {value}\n{self.program.tail()}")

    def discard(self):
        self.program.discard()


def vector(*values):
    return {"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"edge": f"e{number}"}, "value": [time.time(), str(value)]} for number, value in enumerate(values, 1)]}}


class PrometheusDouble(_Web):
    """Answers each question with the next of `answers`, the last one for ever: a value to encode as JSON, or a function
    of the handler. `questions`: (path, form, headers)."""

    def __init__(self, address, port=8088):
        self.answers = [vector(0)]
        self.questions = []
        super().__init__(address, port)

    def serve(self, handler, body):
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.questions.append((handler.command, handler.path, form, dict(handler.headers.items())))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer(handler)
        else:
            self.send(handler, 200, json.dumps(answer).encode())

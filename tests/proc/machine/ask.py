"""Asks a machine's first process to do something: ask.py systemctl ARGUMENT…; says what it said."""
import json
import socket
import sys

SOCKET = "/media/exchange/init.sock"


def ask(path, request, seconds=None):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        connection.connect(path)
        connection.sendall(json.dumps(request).encode() + b"\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return json.loads(answer)


if __name__ == "__main__":
    said = ask(SOCKET, sys.argv[1:])
    print(said["output"], end="")
    sys.exit(said["status"])

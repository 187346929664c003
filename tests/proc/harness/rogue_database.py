"""An attacker at the database's address: it implements just enough of MySQL's protocol to ask for the
password in every possible way, and records each byte it receives."""
import hashlib
import os
import socket
import ssl
import struct
import threading

from .basics import PATIENCE

SCRAMBLE = bytes(range(0x31, 0x31 + 20))
PLUGIN_AUTH = 0x00080000
CAPABILITIES = 0x0000A20F | PLUGIN_AUTH  # 4.1 protocol, secure connection, transactions, database at the log-in
SSL = 0x0800
LOCAL_FILES = 0x0080

OK = b"\x00\x00\x00\x02\x00\x00\x00"
FULL_LOGIN = b"\x01\x04"  # caching_sha2_password: the server has no cached login for the user
OLD_SWITCH = b"\xfe"  # a server from before 4.1 asks for the old hash


def switch_to(plugin):
    return b"\xfe" + plugin.encode() + b"\x00" + SCRAMBLE + b"\x00"


def file_request(path):
    return b"\xfb" + path.encode()


def error(number, text):
    return b"\xff" + struct.pack("<H", number) + b"#HY000" + text.encode()


class RogueDatabase:
    """answers: its answers to the log-in and to each packet that follows, in this order; the last one is repeated.
    key: the rogue's own public key (PEM), sent on request. certificate: (certificate, key) files; with them it
    offers TLS."""

    def __init__(self, address, answers, plugin="mysql_native_password", capabilities=CAPABILITIES, key=b"",
                 with_plugins=True, certificate=None):
        self.answers, self.key = answers, key
        self._tls = None
        if certificate:
            capabilities |= SSL
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*certificate)
        self._plugin = plugin
        self._capabilities = capabilities if with_plugins else capabilities & ~PLUGIN_AUTH
        self.packets = []  # one list for each connection
        if str(address).startswith("/"):
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(address))
            self.place = str(address)
        else:
            self._listener = socket.socket()
            self._listener.bind((address, 0))
            self.port = self._listener.getsockname()[1]
            self.place = f"{address}:{self.port}"
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _greeting(self):
        caps = self._capabilities
        return (b"\x0a" + b"8.0.36\x00" + struct.pack("<I", os.getpid()) + SCRAMBLE[:8] + b"\x00" +
                struct.pack("<H", caps & 0xFFFF) + b"\xff" + struct.pack("<HH", 2, caps >> 16) + b"\x15" +
                b"\x00" * 10 + SCRAMBLE[8:] + b"\x00" +
                (self._plugin.encode() + b"\x00" if caps & PLUGIN_AUTH else b""))

    def _serve(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(PATIENCE)
                received = []
                self.packets.append(received)
                try:
                    self._talk(peer, received)
                except OSError:
                    pass

    def _talk(self, peer, received):
        peer.sendall(packet(0, self._greeting()))
        if self._tls:
            read_packet(peer)  # the request for TLS: no name and no password yet
            with self._tls.wrap_socket(peer, server_side=True) as inner:
                self._answer(inner, received)
        else:
            self._answer(peer, received)

    def _answer(self, peer, received):
        for turn in range(20):
            number, payload = read_packet(peer)
            received.append(payload)
            # Both plug-ins with RSA request the key by one byte.
            wants_key = turn > 0 and payload in (b"\x01", b"\x02") and self.key
            answer = b"\x01" + self.key if wants_key else self.answers[min(turn, len(self.answers) - 1)]
            peer.sendall(packet(number + 1, answer))

    def all_packets(self):
        return [payload for connection in self.packets for payload in connection]

    def stop(self):
        # close() alone does not wake the thread in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)


def packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number & 0xFF]) + payload


def read_packet(peer):
    header = read_exactly(peer, 4)
    return header[3], read_exactly(peer, int.from_bytes(header[:3], "little"))


def read_exactly(peer, size):
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise ConnectionError("it hung up")
        data += more
    return data


def login_proof(payload):
    """The log-in packet's bytes in place of the password."""
    at = payload.index(b"\x00", 32) + 1
    return payload[at + 1:at + 1 + payload[at]]


def native_scramble(password):
    """The hash that mysql_native_password may send: valid for this log-in only."""
    def sha1(data):
        return hashlib.sha1(data).digest()
    once = sha1(password.encode())
    return bytes(a ^ b for a, b in zip(once, sha1(SCRAMBLE + sha1(once))))

"""WebSocket and messages, written from spec/protocol.md and spec/vectors alone; standard library only."""

import base64
import hashlib
import json
import os
import socket
import struct

# 1.1, 3.1
AUTH, AUTH_RESPONSE, CONNECT, DATA, CONNECT_RESPONSE, DISCONNECT = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
HELLO, WINDOW, FIN, ACK, RESUME, RESUMED, URGENT = 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x29
EXPOSE, EXPOSED, RELINK = 0x26, 0x27, 0x30
VERSION, TCP = 0x01, 1
MAX_PAYLOAD = 64 * 1024
DEADLINE_S = 30


class LinkEnded(Exception):
    """The link is over; `code` is the close code, 1006 without one."""

    def __init__(self, code, reason):
        super().__init__(f"the link ended: {code} {reason}")
        self.code = code


class WebSocket:
    """RFC 6455, the client's side, binary messages only (1.2)."""

    def __init__(self, port, path, early=()):
        """`early` are messages for the request (3.6)."""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{protocol_line(early)}\r\n".encode()
        )
        status = self.stream.readline().decode().strip()
        if " 101 " not in status + " ":
            raise LinkEnded(1006, f"no WebSocket: {status}")
        headers = dict(line.decode().strip().lower().split(": ", 1) for line in iter(self.stream.readline, b"\r\n"))
        proof = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        if headers["sec-websocket-accept"] != base64.b64encode(proof).decode().lower():
            raise LinkEnded(1006, "the server does not prove that it read the key")
        named = base64url(early[0]).lower() if early else None
        if headers.get("sec-websocket-protocol") != named:
            raise LinkEnded(1006, "the server does not name the first of the early messages")

    def send(self, payload, opcode=0x2):
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        key = os.urandom(4)
        mask = (key * (size // 4 + 1))[:size]
        masked = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
        self.socket.sendall(head + key + masked.to_bytes(size, "big"))

    def ping(self):
        self.send(b"", 0x9)

    def receive(self):
        """Returns the next message, from one frame or several, and answers pings. Empty bytes stand for a pong."""
        message = b""
        while True:
            first, size = struct.unpack("!BB", self.take(2))
            if size == 126:
                (size,) = struct.unpack("!H", self.take(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self.take(8))
            payload = self.take(size)
            opcode = first & 0x0F
            if opcode == 0x8:
                code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                raise LinkEnded(code, payload[2:].decode())
            if opcode == 0x9:
                self.send(payload, 0xA)
            elif opcode == 0xA:
                return b""
            elif opcode in (0x0, 0x2):
                message += payload
                if first & 0x80:
                    return message

    def take(self, size):
        payload = self.stream.read(size)
        if len(payload) < size:
            raise LinkEnded(1006, "the connection ended")
        return payload

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the connection is over already


def base64url(payload):
    return base64.urlsafe_b64encode(payload).decode().rstrip("=")


def protocol_line(early):
    names = ", ".join(base64url(each) for each in early)
    return f"Sec-WebSocket-Protocol: {names}\r\n" if early else ""


def message(kind, body):
    return bytes([VERSION, kind]) + body


def short(text):
    return bytes([len(text)]) + text


def auth(token, reverse, instance):
    return message(AUTH, short(token.encode()) + bytes([reverse]) + instance)


def connect(channel, host, port, traceparent=None):
    field = b"" if traceparent is None else bytes([0]) + short(traceparent.encode())  # 3.11
    return message(CONNECT, bytes([TCP]) + channel + short(host.encode()) + struct.pack("!H", port) + field)


def address_of(received):
    """Channel, host and port of a Connect over TCP."""
    size = received[19]
    host = received[20 : 20 + size].decode()
    return received[3:19], host, struct.unpack("!H", received[20 + size : 22 + size])[0]


def accept(channel):
    return message(CONNECT_RESPONSE, bytes([1]) + channel)


def expose(number, opened, target):
    body = json.dumps({"id": number, "open": opened, "target": target}, separators=(",", ":")).encode()
    return message(EXPOSE, struct.pack("!I", len(body)) + body)


def data(channel, payload):
    return message(DATA, bytes([TCP]) + channel + bytes([0]) + struct.pack("!I", len(payload)) + payload)


def disconnect(channel):
    return message(DISCONNECT, channel)


def hello(extensions, window):
    body = json.dumps({"ext": extensions, "window": window}).encode()
    return message(HELLO, struct.pack("!I", len(body)) + body)


def credit(channel, size):
    return message(WINDOW, channel + struct.pack("!I", size))


def fin(channel):
    return message(FIN, channel)


def ack(number, timing=None):
    """`timing` with `ack2` only: when the last message arrived and how long the Ack waited, in microseconds."""
    body = struct.pack("!Q", number)
    if timing is not None:
        arrived_at, delay = timing
        body += struct.pack("!II", arrived_at % 2**32, min(delay, 2**32 - 1))
    return message(ACK, body)


def resume(session, secret, number, urgent=False):
    return message(RESUME, session + short(secret) + struct.pack("!Q", number) + (b"\x01" if urgent else b""))


def urgent_copy(number, copied):
    return message(URGENT, struct.pack("!Q", number) + copied)


def json_body(received):
    (size,) = struct.unpack("!I", received[2:6])
    return json.loads(received[6 : 6 + size])


def check_vectors(folder):
    """Checks that this client writes the bytes of the vectors; Hello's JSON may differ in form."""

    def channel_of(wanted):
        return bytes.fromhex(wanted["channelId"])

    makers = {
        "Connect": lambda m: connect(channel_of(m), m["address"]["host"], m["address"]["port"], m.get("traceparent"))
        + (b"\x01" if m.get("resume") else b""),
        "Data": lambda m: data(channel_of(m), bytes.fromhex(m["payload"])),
        "Window": lambda m: credit(channel_of(m), m["creditBytes"]),
        "Expose": lambda m: expose(m["id"], m["open"], m["target"]),
        "Fin": lambda m: fin(channel_of(m)),
        "Ack": lambda m: ack(m["sequence"], tuple(m["arrival"].values()) if "arrival" in m else None),
        "Resume": lambda m: resume(
            bytes.fromhex(m["session"]), bytes.fromhex(m["secret"]), m["sequence"], m.get("urgent", False)
        ),
    }
    checked = set()
    for file in ("messages.json", "extension.json"):
        with open(os.path.join(folder, file), encoding="utf-8") as stream:
            vectors = json.load(stream)
        for entry in vectors:
            wanted = {**entry["message"], "traceparent": entry.get("traceparent")}
            ours = wanted.get("protocol") in (None, "tcp") and wanted.get("compression") in (None, "none")
            exact = entry["exact"] or wanted["traceparent"] is not None
            if exact and ours and "proxy" not in wanted and wanted["type"] in makers:
                made = makers[wanted["type"]](wanted).hex()
                if made != entry["hex"]:
                    raise SystemExit(f"vector {entry['name']}: {made}")
                checked.add(wanted["type"])
    if checked != set(makers):
        raise SystemExit(f"no vectors for {set(makers) - checked}")

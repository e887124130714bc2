"""A LinkSocks forward client, written from spec/protocol.md and spec/vectors alone; standard library only.

    client.py SERVER_PORT TOKEN TARGET_PORT

Checks its messages against the vectors, opens a link with `window` and `fin`, and a TCP channel to an echo server on
this machine. Sends 1 MiB within the windows, ends its direction, and expects the same bytes and a Fin. Prints "ok".
"""

import base64
import hashlib
import json
import os
import socket
import struct
import sys
import uuid

# 1.1, 3.1
AUTH_RESPONSE, CONNECT, DATA, CONNECT_RESPONSE, DISCONNECT = 0x02, 0x03, 0x04, 0x05, 0x06
HELLO, WINDOW, FIN = 0x20, 0x21, 0x22
VERSION, TCP = 0x01, 1
MAX_PAYLOAD = 64 * 1024
OUR_WINDOW = 256 * 1024
PAYLOAD_BYTES = 1024 * 1024
DEADLINE_S = 30


class WebSocket:
    """RFC 6455, the client's side, binary messages only (1.2)."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)
        self.stream = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        status = self.stream.readline().decode().strip()
        if " 101 " not in status + " ":
            raise SystemExit(f"no WebSocket: {status}")
        headers = dict(line.decode().strip().lower().split(": ", 1) for line in iter(self.stream.readline, b"\r\n"))
        proof = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        if headers["sec-websocket-accept"] != base64.b64encode(proof).decode().lower():
            raise SystemExit("the server does not prove that it read the key")

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

    def receive(self):
        """The next message, from one frame or several; answers pings on the way."""
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
                raise SystemExit(f"the server closed the link: {payload[:2].hex()} {payload[2:].decode()}")
            if opcode == 0x9:
                self.send(payload, 0xA)
            elif opcode in (0x0, 0x2):
                message += payload
                if first & 0x80:
                    return message

    def take(self, size):
        payload = self.stream.read(size)
        if len(payload) < size:
            raise SystemExit("the connection ended")
        return payload


def message(kind, body):
    return bytes([VERSION, kind]) + body


def connect(channel, host, port):
    return message(CONNECT, bytes([TCP]) + channel + bytes([len(host)]) + host.encode() + struct.pack("!H", port))


def data(channel, payload):
    return message(DATA, bytes([TCP]) + channel + bytes([0]) + struct.pack("!I", len(payload)) + payload)


def hello(extensions, window):
    body = json.dumps({"ext": extensions, "window": window}).encode()
    return message(HELLO, struct.pack("!I", len(body)) + body)


def credit(channel, size):
    return message(WINDOW, channel + struct.pack("!I", size))


def check_vectors(folder):
    """What this client writes is what the vectors say, byte for byte; Hello's JSON may differ in form."""
    makers = {
        "Connect": lambda m: connect(bytes.fromhex(m["channelId"]), m["address"]["host"], m["address"]["port"])
        + (b"\x01" if m.get("resume") else b""),
        "Data": lambda m: data(bytes.fromhex(m["channelId"]), bytes.fromhex(m["payload"])),
        "Window": lambda m: credit(bytes.fromhex(m["channelId"]), m["creditBytes"]),
        "Fin": lambda m: message(FIN, bytes.fromhex(m["channelId"])),
    }
    checked = set()
    for file in ("messages.json", "extension.json"):
        with open(os.path.join(folder, file), encoding="utf-8") as stream:
            vectors = json.load(stream)
        for entry in vectors:
            wanted = entry["message"]
            ours = wanted.get("protocol") in (None, "tcp") and wanted.get("compression") in (None, "none")
            if entry["exact"] and ours and wanted["type"] in makers:
                made = makers[wanted["type"]](wanted).hex()
                if made != entry["hex"]:
                    raise SystemExit(f"vector {entry['name']}: {made}")
                checked.add(wanted["type"])
    if checked != set(makers):
        raise SystemExit(f"no vectors for {set(makers) - checked}")


def open_link(port, token):
    """1.3 in the query form, 3.2. Returns the link and the first credit."""
    query = f"token={hashlib.sha256(token.encode()).hexdigest()}&reverse=false&instance={uuid.uuid4()}&ext=window,fin"
    link = WebSocket(port, f"/socket?{query}")
    first = link.receive()
    if first[1] == AUTH_RESPONSE and first[2] == 0:
        raise SystemExit(f"refused: {first[4:].decode()}")
    if first[1] != HELLO:
        raise SystemExit("this server has no extension")
    agreed = json.loads(first[6 : 6 + struct.unpack("!I", first[2:6])[0]])
    answer = link.receive()
    if answer[1] != AUTH_RESPONSE or answer[2] == 0:
        raise SystemExit(f"not let in: {answer!r}")
    if not {"window", "fin"} <= set(agreed["ext"]):
        raise SystemExit(f"only {agreed['ext']} in force")
    window = agreed.get("window", 256 * 1024)
    link.send(hello(agreed["ext"], OUR_WINDOW))
    return link, window


def echo(link, window, port, payload):
    """Sends `payload` within the credit that comes, and grants as much as it reads; returns what came back."""
    channel = os.urandom(16)
    link.send(connect(channel, "127.0.0.1", port))
    sendable, sent, ended, received, consumed, smallest = window, 0, False, b"", 0, window
    while True:
        while sent < len(payload) and sendable > 0:
            part = payload[sent : sent + min(sendable, MAX_PAYLOAD)]
            link.send(data(channel, part))
            sent, sendable = sent + len(part), sendable - len(part)
            smallest = min(smallest, sendable)
        if sent == len(payload) and not ended:
            ended = True
            link.send(message(FIN, channel))
        incoming = link.receive()
        kind = incoming[1]
        if kind == CONNECT_RESPONSE and incoming[2] == 0:
            raise SystemExit(f"no connection: {incoming[20:].decode()}")
        if kind == DATA:
            size = struct.unpack("!I", incoming[20:24])[0]
            received += incoming[24 : 24 + size]
            consumed += size
            if consumed * 4 >= OUR_WINDOW:
                link.send(credit(channel, consumed))
                consumed = 0
        elif kind == WINDOW:
            sendable += struct.unpack("!I", incoming[18:22])[0]
        elif kind == FIN:
            return received, smallest
        elif kind == DISCONNECT:
            raise SystemExit(f"the channel ended: {incoming[19:].decode()}")


def main(port, token, target_port):
    check_vectors(os.path.join(os.path.dirname(__file__), "../../spec/vectors"))
    link, window = open_link(int(port), token)
    payload = os.urandom(PAYLOAD_BYTES)
    received, smallest = echo(link, window, int(target_port), payload)
    if received != payload:
        raise SystemExit(f"{len(received)} bytes came back, and not those that were sent")
    if smallest > 0:
        raise SystemExit("the credit never ran out: windows were not tried")
    print("ok")



if __name__ == "__main__":
    main(*sys.argv[1:])

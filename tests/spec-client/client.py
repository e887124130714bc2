"""A LinkSocks forward client, written from spec/protocol.md and spec/vectors alone; standard library only.

    client.py SERVER_PORT TOKEN TARGET_PORT

Checks its messages against the vectors, opens a link with `window` and `fin`, and a TCP channel to an echo server on
this machine. Sends 1 MiB within the windows, ends its direction, and expects the same bytes and a Fin. Prints "ok".
"""

import hashlib
import os
import struct
import sys
import uuid

import wire

OUR_WINDOW = 256 * 1024
PAYLOAD_BYTES = 1024 * 1024


def open_link(port, token):
    """Opens a link by 1.3 in the query form, and 3.2. Returns the link and the first credit."""
    query = f"token={hashlib.sha256(token.encode()).hexdigest()}&reverse=false&instance={uuid.uuid4()}&ext=window,fin"
    link = wire.WebSocket(port, f"/socket?{query}")
    first = link.receive()
    if first[1] == wire.AUTH_RESPONSE and first[2] == 0:
        raise SystemExit(f"refused: {first[4:].decode()}")
    if first[1] != wire.HELLO:
        raise SystemExit("this server has no extension")
    agreed = wire.json_body(first)
    answer = link.receive()
    if answer[1] != wire.AUTH_RESPONSE or answer[2] == 0:
        raise SystemExit(f"not let in: {answer!r}")
    if not {"window", "fin"} <= set(agreed["ext"]):
        raise SystemExit(f"only {agreed['ext']} in force")
    window = agreed.get("window", 256 * 1024)
    link.send(wire.hello(agreed["ext"], OUR_WINDOW))
    return link, window


def echo(link, window, port, payload):
    """Sends `payload` within its credit, and grants as much as it reads; returns the answer."""
    channel = os.urandom(16)
    link.send(wire.connect(channel, "127.0.0.1", port))
    sendable, sent, ended, received, consumed, smallest = window, 0, False, b"", 0, window
    while True:
        while sent < len(payload) and sendable > 0:
            part = payload[sent : sent + min(sendable, wire.MAX_PAYLOAD)]
            link.send(wire.data(channel, part))
            sent, sendable = sent + len(part), sendable - len(part)
            smallest = min(smallest, sendable)
        if sent == len(payload) and not ended:
            ended = True
            link.send(wire.fin(channel))
        incoming = link.receive()
        kind = incoming[1]
        if kind == wire.CONNECT_RESPONSE and incoming[2] == 0:
            raise SystemExit(f"no connection: {incoming[20:].decode()}")
        if kind == wire.DATA:
            size = struct.unpack("!I", incoming[20:24])[0]
            received += incoming[24 : 24 + size]
            consumed += size
            if consumed * 4 >= OUR_WINDOW:
                link.send(wire.credit(channel, consumed))
                consumed = 0
        elif kind == wire.WINDOW:
            sendable += struct.unpack("!I", incoming[18:22])[0]
        elif kind == wire.FIN:
            return received, smallest
        elif kind == wire.DISCONNECT:
            raise SystemExit(f"the channel ended: {incoming[19:].decode()}")


def main(port, token, target_port):
    wire.check_vectors(os.path.join(os.path.dirname(__file__), "../../spec/vectors"))
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

"""Tests a session, written from spec/protocol.md and spec/vectors alone; standard library only.

    session_client.py transfer|urgent|stranger|rules SERVER_PORT TOKEN TARGET_PORT

The target answers "U" and bytes with their SHA-256 when they end, "D" and a size (8 bytes) with as many bytes, and "E"
with what follows. After "S" it reads nothing. Prints what was seen as JSON.
"""

import hashlib
import json
import os
import struct
import sys

import wire
from cutting_relay import CuttingRelay
from echo import Echo, settle
from rules import rules
from session import Session

MIB = 1024 * 1024
TRANSFER_BYTES = 8 * MIB
CUTS = [("up", 256 * 1024), ("down", 256 * 1024), ("up", 256 * 1024)]


class Upload:
    def __init__(self, session, target_port):
        self.left, self.hash, self.answer = TRANSFER_BYTES, hashlib.sha256(), b""
        self.head = b"U"
        self.channel = session.connect(target_port, self.go_on, self.take)

    def go_on(self):
        while (room := self.channel.room()) > 0:
            if self.head:
                self.channel.send(self.head)
                self.head = b""
            elif self.left > 0:
                part = os.urandom(min(room, self.left))
                self.hash.update(part)
                self.left -= len(part)
                self.channel.send(part)
            else:
                self.channel.end()

    def take(self, payload):
        self.answer += payload

    def result(self):
        return {"sent": self.hash.hexdigest(), "arrived": self.answer.decode()}


class Download:
    def __init__(self, session, target_port):
        self.size, self.hash = 0, hashlib.sha256()
        self.request = b"D" + struct.pack("!Q", TRANSFER_BYTES)
        self.channel = session.connect(target_port, self.go_on, self.take)

    def go_on(self):
        if self.request and self.channel.room() >= len(self.request):
            self.channel.send(self.request)
            self.request = b""
            self.channel.end()

    def take(self, payload):
        self.size += len(payload)
        self.hash.update(payload)

    def result(self):
        return {"bytes": self.size, "arrived": self.hash.hexdigest()}


def transfer(port, token, target_port):
    relay = CuttingRelay(port, CUTS)
    session = Session(relay.port, token)
    session.open()
    tasks = [Upload(session, target_port), Download(session, target_port)]
    done = session.run(lambda: all(task.channel.over and task.channel.ended for task in tasks))
    upload, download = (task.result() for task in tasks)
    return {"done": done, "cuts": relay.cut_count, **session.counts, "upload": upload, "download": download}


def say_while_held(session, relay, echo, text):
    session.open_second()
    settle(session)
    relay.hold()
    heard = [echo.say(f"{text} {n};".encode(), seconds=3) for n in range(5)]
    relay.release()
    return all(heard)


def urgent(port, token, target_port):
    relay = CuttingRelay(port)
    session = Session(relay.port, token, urgent_port=port)
    session.open()
    echo = Echo(session, target_port)
    results = {"plain": echo.say(b"over the main link;"), "held": say_while_held(session, relay, echo, "first")}
    results["after"] = echo.say(b"over both;")
    relay.cut()
    results["resumed"] = session.run(lambda: session.counts["resumed"] == 1)
    results["second closed"] = session.second is None
    results["held again"] = say_while_held(session, relay, echo, "second")
    echo.channel.end()
    results["over"] = session.run(lambda: echo.channel.over)
    settle(session)
    counts = {name: session.counts[name] for name in ("copies sent", "copies used")}
    return {**results, "early": len(session.early), "whole": echo.echoed == echo.sent, **counts}


def stranger(port, token, target_port):
    """3.5, step 5: a session that the server does not have."""
    session = Session(port, token)
    unknown = session.instance
    link, agreed = session.dial(port, resumed=unknown)
    link.send(wire.resume(unknown.bytes, os.urandom(32), 7))
    answer = link.receive()
    session.begin(link, agreed)
    echo = Echo(session, target_port)
    sequence = struct.unpack("!Q", answer[3:11])[0]
    return {"success": answer[2], "sequence": sequence, "new session works": echo.say(b"hello")}


def main(what, port, token, target_port):
    wire.check_vectors(os.path.join(os.path.dirname(__file__), "../../spec/vectors"))
    play = {"transfer": transfer, "urgent": urgent, "stranger": stranger, "rules": rules}[what]
    print(json.dumps(play(int(port), token, int(target_port))))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A provider that asks the server for ports (3.7), and is the target of their connections itself."""

import json
import socket
import struct

import wire
from channel import Channel
from session import Session


class Provider:
    def __init__(self, port, token):
        self.answers, self.asked = {}, []
        self.session = Session(port, token, more=["expose"], reverse=True)
        self.session.on_other = self.other
        self.session.open()

    def request(self, number, opened, target):
        self.session.send(wire.expose(number, opened, target))
        self.session.run(lambda: number in self.answers)
        return self.answers.get(number, {})

    def other(self, kind, received):
        if kind == wire.EXPOSED:
            answer = wire.json_body(received)
            self.answers[answer["id"]] = answer
        elif kind == wire.CONNECT:
            self.accept(*wire.address_of(received))

    def accept(self, name, host, port):
        """Answers Data with the same bytes, and Fin with Fin (1.5, 3.4)."""
        self.asked.append(f"{host}:{port}")

        def end():
            if channel.over and not channel.ended:
                channel.end()

        channel = Channel(self.session, end, lambda payload: channel.send(payload), name)
        self.session.channels[name] = channel
        self.session.send(wire.accept(name), channel)


def expose(port, token, target_port):
    provider = Provider(port, token)
    target = f"service.internal:{target_port}"
    granted = provider.request(1, "tcp:0", target)
    opened = int(granted["open"].removeprefix("tcp:"))
    user = socket.create_connection(("127.0.0.1", opened), timeout=wire.DEADLINE_S)
    user.sendall(b"from the other side")
    user.shutdown(socket.SHUT_WR)
    user.setblocking(False)
    heard = bytearray()
    results = {"whole": provider.session.run(lambda: is_over(user, heard)), "heard": heard.decode()}
    results["asked for"] = [each == target for each in provider.asked]
    results["again"] = provider.request(2, "tcp:0", target).get("open") == granted["open"]
    results["not understood"] = "error" in provider.request(3, "quic:443", target)
    results["not allowed"] = "error" in provider.request(4, "tcp:1", target)
    stranger = Provider(port, token)
    results["in use"] = "error" in stranger.request(1, granted["open"], target)
    return results


def is_over(user, heard):
    try:
        part = user.recv(65536)
    except BlockingIOError:
        return False
    heard += part
    return part == b""

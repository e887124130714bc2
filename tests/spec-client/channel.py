"""A channel with its credits, and the schedule of Acks, written from spec/protocol.md alone."""

import os
import struct
import time

import wire

OUR_WINDOW = 256 * 1024
ACK_EVERY_BYTES, ACK_DELAY_S, PROMPT_S = 256 * 1024, 0.05, 0.005


def microseconds():
    return time.monotonic_ns() // 1000


class Channel:
    """One TCP connection (1.5), with a credit in each direction (3.3)."""

    def __init__(self, session, on_room, on_data, name=None):
        self.id = name or os.urandom(16)
        self.session = session
        self.on_room, self.on_data = on_room, on_data
        self.sendable = session.first_credit
        self.consumed = 0
        self.ended = False
        self.over = False
        self.error = None
        self.uncopied = 0

    def room(self):
        return min(self.sendable, wire.MAX_PAYLOAD) if self.session.has_room() and not self.ended else 0

    def send(self, payload):
        self.sendable -= len(payload)
        self.session.send(wire.data(self.id, payload), self)

    def end(self):
        self.ended = True
        self.session.send(wire.fin(self.id), self)

    def take(self, kind, received):
        if kind == wire.CONNECT_RESPONSE and received[2] == 0:
            self.fail(received[20:].decode())
        if kind == wire.DATA:
            payload = received[24 : 24 + struct.unpack("!I", received[20:24])[0]]
            self.on_data(payload)
            self.consumed += len(payload)
            if self.consumed * 4 >= OUR_WINDOW:
                self.session.send(wire.credit(self.id, self.consumed), self)
                self.consumed = 0
        elif kind == wire.WINDOW:
            self.sendable += struct.unpack("!I", received[18:22])[0]
        elif kind == wire.FIN:
            self.over = True
        elif kind == wire.DISCONNECT:
            self.fail(received[19:].decode())

    def fail(self, error):
        self.over, self.error = True, error


class AckSchedule:
    """When an Ack is due, and its content (3.5, `ack2`)."""

    def __init__(self):
        self.bytes = self.count = 0
        self.first_at = self.last_ack_at = 0.0
        self.arrived_at = 0

    def note(self, size):
        now = time.monotonic()
        self.first_at = now if self.count == 0 else self.first_at
        self.count += 1
        self.bytes += size
        self.arrived_at = microseconds()

    def due_at(self):
        if self.count == 0:
            return float("inf")
        if self.bytes >= ACK_EVERY_BYTES:
            return 0.0
        latest = self.first_at + ACK_DELAY_S
        return min(latest, self.last_ack_at + PROMPT_S) if self.count >= 2 else latest

    def ack(self, number):
        self.bytes = self.count = 0
        self.last_ack_at = time.monotonic()
        return wire.ack(number, (self.arrived_at, microseconds() - self.arrived_at))

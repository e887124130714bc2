"""Checks how a server treats messages that a peer should not send, by the sentences of spec/protocol.md."""

import os

import wire
from echo import Echo, settle
from session import Session

UNKNOWN_TYPE = 0x7F
QUIET_S = 1.5


class Silent:
    """A channel whose target reads nothing."""

    def __init__(self, session, target_port):
        self.session = session
        self.channel = session.connect(target_port, lambda: None, lambda payload: None)
        self.channel.send(b"S")

    def fill(self):
        """Sends until no more credit arrives."""
        while self.session.run(lambda: self.channel.sendable > 0, QUIET_S):
            room = self.channel.room()
            if room > 0:
                self.channel.send(bytes(room))
            else:
                self.session.run(self.session.has_room)

    def is_cut(self):
        return self.session.run(lambda: self.channel.error is not None, 5)


def rules(port, token, target_port):
    session = Session(port, token)
    session.open()
    echo = Echo(session, target_port)
    results = {"plain": echo.say(b"plain;")}
    session.send(wire.message(UNKNOWN_TYPE, b"?"))
    session.send(wire.disconnect(os.urandom(16)))
    results["unknown type and channel are acknowledged"] = session.run(lambda: session.acked == session.sent)
    greedy = Silent(session, target_port)
    greedy.fill()
    greedy.channel.send(b"one byte above the credit")
    results["more than the credit ends the channel"] = greedy.is_cut()
    ended = Silent(session, target_port)
    ended.channel.end()
    ended.channel.send(b"Data after Fin")
    results["Data after Fin ends the channel"] = ended.is_cut()
    results["other channels continue"] = echo.say(b"other;")
    session.open_second()
    session.second.send(wire.data(echo.channel.id, b"not to be sent here"))
    settle(session)
    results["the second link carries copies only"] = echo.say(b"second;")
    session.write(session.second, wire.urgent_copy(session.sent + 8193, wire.fin(os.urandom(16))))
    results["a copy too far ahead ends the session"] = close_code(session)
    return {**results, "an Ack for what was not sent ends the session": ack_too_much(port, token)}


def ack_too_much(port, token):
    session = Session(port, token)
    session.open()
    session.write(session.main, wire.ack(1_000_000, (0, 0)))
    return close_code(session)


def close_code(session):
    try:
        session.run(lambda: False, 5)
    except wire.LinkEnded as end:
        return end.code
    return None

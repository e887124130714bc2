"""A channel whose target sends everything back."""

import wire


class Echo:
    def __init__(self, session, target_port, traceparent=None):
        self.session, self.sent, self.echoed = session, b"", b""
        self.channel = session.connect(target_port, lambda: None, self.take, traceparent=traceparent)
        self.channel.send(b"E")

    def take(self, payload):
        self.echoed += payload

    def say(self, text, seconds=wire.DEADLINE_S):
        """Whether the echo arrives within `seconds`."""
        self.channel.send(text)
        self.sent += text
        return self.session.run(lambda: self.echoed == self.sent, seconds)


def settle(session):
    """Waits until each side has received and acknowledged all bytes of the other."""
    round_trip(session)
    session.run(lambda: session.kept_bytes == 0 and session.acks.count == 0)
    round_trip(session)


def round_trip(session):
    pongs = session.pongs
    session.main.ping()
    session.run(lambda: session.pongs > pongs)

"""A session with `window`, `fin`, `resume`, `ack2` and `urgent`, written from spec/protocol.md alone."""

import base64
import collections
import hashlib
import queue
import struct
import threading
import time
import uuid

import wire
from channel import OUR_WINDOW, AckSchedule, Channel

EXTENSIONS = ["window", "fin", "resume", "ack2", "urgent"]
UNNUMBERED = {wire.AUTH, wire.AUTH_RESPONSE, wire.HELLO, wire.ACK, wire.RESUME, wire.RESUMED}  # 3.5
WITH_CHANNEL = {wire.DATA, wire.FIN, wire.WINDOW, wire.DISCONNECT, wire.CONNECT}
KEPT_LIMIT_BYTES = 2 * 1024 * 1024
MAX_COPY_BYTES, MAX_EARLY_MESSAGES = 1380, 8192
PING_S, RETRY_S = 5, 1
OVER = {1002, 4000}


class Session:
    def __init__(self, port, token, urgent_port=None, more=(), reverse=False, early=False):
        """`more` are further features to ask for; `early` sends the first messages in the request (3.6)."""
        self.port, self.urgent_port, self.token = port, urgent_port or port, token
        self.extensions, self.reverse, self.is_early = [*EXTENSIONS, *more], reverse, early
        self.on_other = lambda kind, received: None
        self.instance = uuid.uuid4()
        self.events = queue.Queue()
        self.channels = {}
        self.sent = self.received = self.acked = 0
        self.kept = collections.deque()
        self.kept_bytes = 0
        self.acks = AckSchedule()
        self.early = set()
        self.second = None
        self.pongs = 0
        self.counts = {"resumed": 0, "sent again": 0, "copies sent": 0, "copies used": 0, "copies dropped": 0}

    # 1.3, 3.2: how a link opens

    def dial(self, port, resumed=None, as_message=False, early=()):
        """A link up to a successful AuthResponse. Returns it with the server's Hello."""
        query = f"ext={','.join(self.extensions)}"
        auth = wire.auth(self.token, self.reverse, self.instance.bytes)
        if resumed is not None:
            query += f"&resume={resumed}"
        if not as_message and not self.is_early:
            token = hashlib.sha256(self.token.encode()).hexdigest()
            query += f"&token={token}&reverse={str(self.reverse).lower()}&instance={self.instance}"
        link = wire.WebSocket(port, f"/socket?{query}", [auth, *early] if self.is_early else [])
        if as_message and not self.is_early:
            link.send(auth)
        first = link.receive()
        if first[1] == wire.AUTH_RESPONSE and first[2] == 0:
            raise SystemExit(f"refused: {first[4:].decode()}")
        if first[1] != wire.HELLO:
            raise SystemExit("this server has no extension")
        answer = link.receive()
        if answer[1] != wire.AUTH_RESPONSE or answer[2] == 0:
            raise SystemExit(f"not let in: {answer!r}")
        return link, wire.json_body(first)

    def open(self):
        link, agreed = self.dial(self.port)
        self.begin(link, agreed)

    def begin(self, link, agreed):
        if set(agreed["ext"]) != set(self.extensions):
            raise SystemExit(f"only {agreed['ext']} in force")
        self.first_credit = agreed.get("window", 256 * 1024)
        self.name = uuid.UUID(agreed["session"])
        self.secret = base64.urlsafe_b64decode(agreed["secret"] + "=" * (-len(agreed["secret"]) % 4))
        link.send(wire.hello(agreed["ext"], OUR_WINDOW))
        self.use(link)

    def use(self, link):
        self.main = link
        threading.Thread(target=self.read, args=(link,), daemon=True).start()

    def read(self, link):
        try:
            while True:
                self.events.put((link, link.receive()))
        except wire.LinkEnded as end:
            self.events.put((link, end))
        except OSError as error:
            self.events.put((link, wire.LinkEnded(1006, str(error))))

    # 3.5: numbers, Ack, resume

    def has_room(self):
        return self.kept_bytes < KEPT_LIMIT_BYTES

    def send(self, sent, channel=None):
        self.sent += 1
        self.kept.append((self.sent, sent))
        self.kept_bytes += len(sent)
        self.write(self.main, sent)
        self.copy(self.sent, sent, channel)

    def write(self, link, sent):
        try:
            link.send(sent)
        except OSError:
            pass  # the reader reports the end of the link; the message is kept

    def forget(self, number):
        self.acked = max(self.acked, number)
        while self.kept and self.kept[0][0] <= number:
            self.kept_bytes -= len(self.kept.popleft()[1])

    def send_ack_if_due(self):
        if self.acks.due_at() <= time.monotonic():
            self.write(self.main, self.acks.ack(self.received))

    def come_back(self):
        for attempt in range(10):
            time.sleep(RETRY_S if attempt > 0 else 0)
            try:
                request = wire.resume(self.name.bytes, self.secret, self.received)
                link, _ = self.dial(self.port, resumed=self.name, as_message=attempt % 2 == 0, early=[request])
                if not self.is_early:
                    link.send(request)
                answer = link.receive()
            except (OSError, wire.LinkEnded):
                continue
            if answer[1] != wire.RESUMED or answer[2] == 0:
                raise SystemExit(f"the session is lost: {answer!r}")
            self.forget(struct.unpack("!Q", answer[3:11])[0])
            self.counts["resumed"] += 1
            self.use(link)
            for _, missing in list(self.kept):
                self.counts["sent again"] += 1
                self.write(link, missing)
            return
        raise SystemExit("no way back to the server")

    # 3.9: the second link

    def open_second(self):
        link, _ = self.dial(self.urgent_port, resumed=self.name)
        link.send(wire.resume(self.name.bytes, self.secret, 0, urgent=True))
        answer = link.receive()
        if answer[1] != wire.RESUMED or answer[2] == 0:
            raise SystemExit(f"no second link: {answer!r}")
        self.second = link
        for channel in self.channels.values():
            channel.uncopied = self.sent  # copies over an earlier second link do not count
        threading.Thread(target=self.read, args=(link,), daemon=True).start()

    def copy(self, number, sent, channel):
        if channel is None:
            return
        is_due = self.second is not None and sent[1] in WITH_CHANNEL and len(sent) <= MAX_COPY_BYTES
        if is_due and channel.uncopied <= self.acked:
            self.counts["copies sent"] += 1
            self.write(self.second, wire.urgent_copy(number, sent))
        else:
            channel.uncopied = number

    def take_copy(self, received):
        (number,) = struct.unpack("!Q", received[2:10])
        if received[1] != wire.URGENT or number > self.received + MAX_EARLY_MESSAGES:
            raise SystemExit(f"not to be sent on the second link: {received[:10].hex()}")
        if number <= self.received or number in self.early:
            self.counts["copies dropped"] += 1
            return
        self.early.add(number)
        self.counts["copies used"] += 1
        self.process(received[10:])

    # Arriving messages

    def take(self, received):
        kind = received[1]
        if kind == wire.ACK:
            self.forget(struct.unpack("!Q", received[2:10])[0])
        if kind in UNNUMBERED:
            return
        self.received += 1
        self.acks.note(len(received))
        if self.received in self.early:
            self.early.remove(self.received)
        else:
            self.process(received)

    def process(self, received):
        kind = received[1]
        start = 2 if kind in (wire.WINDOW, wire.FIN, wire.DISCONNECT) else 3
        channel = self.channels.get(received[start : start + 16])
        if channel is not None:
            channel.take(kind, received)
        elif kind not in WITH_CHANNEL or kind == wire.CONNECT:
            self.on_other(kind, received)

    def event(self, link, received):
        if isinstance(received, wire.LinkEnded):
            if link is self.second:
                self.second = None
            elif link is self.main:
                self.end_of_main(received)
        elif link not in (self.main, self.second):
            return
        elif received == b"":
            self.pongs += 1
        elif link is self.second:
            self.take_copy(received)
        else:
            self.take(received)

    def end_of_main(self, end):
        if end.code in OVER:
            raise end
        if self.second is not None:
            self.second.close()
            self.second = None
        self.come_back()

    def run(self, is_done, seconds=wire.DEADLINE_S):
        """Reads until `is_done`; False when that takes too long."""
        deadline = time.monotonic() + seconds
        pinged_at = time.monotonic()
        while not is_done():
            now = time.monotonic()
            if now > deadline:
                return False
            if now - pinged_at > PING_S:
                pinged_at = now
                self.main.ping()
            try:
                self.event(*self.events.get(timeout=max(0.0, min(self.acks.due_at() - now, 0.05))))
            except queue.Empty:
                pass
            self.send_ack_if_due()
            for channel in list(self.channels.values()):
                channel.on_room()
        return True

    def connect(self, target_port, on_room, on_data, host="127.0.0.1", traceparent=None):
        channel = Channel(self, on_room, on_data)
        self.channels[channel.id] = channel
        self.send(wire.connect(channel.id, host, target_port, traceparent), channel)
        return channel

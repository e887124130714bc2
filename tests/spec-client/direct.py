"""What a connector says before a direct path opens (3.10), in a channel through the server."""

import hashlib
import hmac
import json
import os
import struct

import wire
from session import Session

HOST, PORT = "direct.linksocks.invalid", 1
LAST_FRAME = 0x80000000


def text_of(array):
    return json.dumps(array, separators=(",", ":"), ensure_ascii=False).encode()


def proof(token, secret, array):
    extracted = hmac.new(b"linksocks-direct-1", text_of([token, secret]), hashlib.sha256).digest()
    key = hmac.new(extracted, b"proof" + bytes([1]), hashlib.sha256).digest()  # RFC 5869, 32 bytes
    return hmac.new(key, text_of(array), hashlib.sha256).hexdigest()


def check_proofs(folder):
    with open(os.path.join(folder, "direct.json"), encoding="utf-8") as stream:
        for entry in json.load(stream):
            if proof(entry["token"], entry["secret"], entry["array"]) != entry["mac"]:
                raise SystemExit(f"vector {entry['name']}")


class Conversation:
    """Messages of a connector, each with its proof, and the answers of a provider."""

    def __init__(self, session, token, purpose):
        self.session, self.token, self.purpose = session, token, purpose
        self.name, self.nonce = os.urandom(16).hex(), os.urandom(16).hex()
        self.received = b""
        self.channel = session.connect(PORT, lambda: None, self.take, HOST)

    def take(self, payload):
        self.received += payload

    def send(self, value):
        body = json.dumps(value).encode()
        self.channel.send(struct.pack("!I", len(body)) + body)

    def next(self):
        """The next message; None where the conversation ends before."""
        self.session.run(lambda: self.is_whole() or self.channel.over)
        if not self.is_whole():
            return None
        size = struct.unpack("!I", self.received[:4])[0]
        body, self.received = self.received[4 : 4 + size], self.received[4 + size :]
        return json.loads(body)

    def is_whole(self):
        if len(self.received) < 4:
            return False
        word = struct.unpack("!I", self.received[:4])[0]
        return word < LAST_FRAME and len(self.received) >= 4 + word

    def greet(self):
        """Whether the provider proves that it has the token."""
        array = ["hello", self.purpose, self.name, self.nonce, "relay"]
        mac = proof(self.token, "", array)
        self.send({"kind": "hello", "purpose": self.purpose, "session": self.name, "nonce": self.nonce, "mac": mac})
        welcome = self.next()
        self.agreed = [self.purpose, self.name, self.nonce, welcome.get("nonce"), "relay"]
        return self.is_proven(welcome, "welcome", "nonce")

    def say(self, kind, name, value):
        self.send({"kind": kind, name: value, "mac": proof(self.token, "", [kind, value, *self.agreed])})

    def is_proven(self, answer, kind, name):
        mac = proof(self.token, "", [kind, answer.get(name), *self.agreed])
        return answer.get("kind") == kind and answer.get("mac") == mac


def description():
    """One data channel (RFC 8841), with a made-up fingerprint and an address that answers nothing (RFC 5737)."""
    fingerprint = ":".join(f"{byte:02X}" for byte in os.urandom(32))
    return "\r\n".join(
        [
            "v=0",
            "o=- 1 1 IN IP4 127.0.0.1",
            "s=-",
            "t=0 0",
            "a=group:BUNDLE 0",
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
            "c=IN IP4 0.0.0.0",
            "a=mid:0",
            "a=ice-ufrag:made",
            "a=ice-pwd:up0123456789012345678901",
            f"a=fingerprint:sha-256 {fingerprint}",
            "a=setup:actpass",
            "a=sctp-port:5000",
            "a=candidate:1 1 UDP 2122317823 192.0.2.1 9 typ host",
            "",
        ]
    )


def direct(port, token, _target_port):
    session = Session(port, token)
    session.open()
    offer = Conversation(session, token, "offer")
    results = {"welcome": offer.greet()}
    offer.say("offer", "sdp", description())
    answer = offer.next()
    results["answer"] = offer.is_proven(answer, "answer", "sdp")
    results["fingerprints"] = answer["sdp"].count("a=fingerprint:sha-256 ")
    move = Conversation(session, token, "move")
    results["welcome to move"] = move.greet()
    move.say("move", "received", 0)
    results["move"] = move.next()
    liar = Conversation(session, "another token", "offer")
    results["wrong proof"] = liar.greet()
    return results

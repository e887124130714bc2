"""Features that a client need not have, written from spec/protocol.md and spec/vectors alone; standard library only.

    feature_client.py early|expose|relink|trace|direct SERVER_PORT TOKEN TARGET_PORT [PROCESS]

The target answers "E" with what follows. PROCESS is the server's, for `relink`. Prints what was seen as JSON.
"""

import json
import os
import signal
import sys

import wire
from cutting_relay import CuttingRelay
from direct import check_proofs, direct
from echo import Echo
from exposing import expose
from rules import close_code
from session import Session


def early(port, token, target_port):
    """3.6: Auth in the request, and Resume as well when the link comes back."""
    relay = CuttingRelay(port)
    session = Session(relay.port, token, early=True)
    session.open()
    echo = Echo(session, target_port)
    results = {"plain": echo.say(b"plain;")}
    relay.cut()
    results["resumed"] = session.run(lambda: session.counts["resumed"] == 1)
    return {**results, "after": echo.say(b"after;")}


def relink(port, token, target_port, process):
    """3.8: another process takes over from the server."""
    session, kinds = Session(port, token), []
    session.on_other = lambda kind, received: kinds.append(kind)
    session.open()
    echo = Echo(session, target_port)
    results = {"plain": echo.say(b"plain;")}
    os.kill(int(process), signal.SIGURG)
    results["asked"] = session.run(lambda: wire.RELINK in kinds)
    successor = Session(port, token)
    successor.instance = session.instance
    successor.open()
    session.send(wire.message(wire.RELINK, b""))
    results["old channel"] = echo.say(b"old;")
    results["new channel"] = Echo(successor, target_port).say(b"new;")
    echo.channel.end()
    results["old channel is over"] = session.run(lambda: echo.channel.over)
    results["close code"] = close_code(session)
    return {**results, "new channel after that": Echo(successor, target_port).say(b"newer;")}


def trace(port, token, target_port):
    """3.11: the span that a channel belongs to."""
    session = Session(port, token, more=["trace"])
    session.open()
    trace_id, span_id = os.urandom(16).hex(), os.urandom(8).hex()
    echo = Echo(session, target_port, f"00-{trace_id}-{span_id}-01")
    results = {"plain": echo.say(b"plain;")}
    echo.channel.end()
    session.run(lambda: echo.channel.over)
    return {**results, "traceId": trace_id, "parentSpanId": span_id}


def main(what, *args):
    vectors = os.path.join(os.path.dirname(__file__), "../../spec/vectors")
    wire.check_vectors(vectors)
    check_proofs(vectors)
    plays = {"early": early, "expose": expose, "relink": relink, "trace": trace, "direct": direct}
    port, token, target_port, *more = args
    print(json.dumps(plays[what](int(port), token, int(target_port), *more)))


if __name__ == "__main__":
    main(*sys.argv[1:])

/**
 * Makes two sessions whose messages pass immediately in memory, to measure a message without any socket.
 *
 * @param {typeof import('@ls/mux').Session} Session
 */
export function sessionPair(Session, { channels = 1 } = {}) {
  const [near, far] = joinedTransports()
  const extensions = ['window', 'fin']
  const serving = new Session({ extensions }, { onConnect: serve, onClose: ignore })
  const asking = new Session({ extensions }, { onConnect: ignore, onClose: ignore })
  serving.attach(far)
  asking.attach(near)
  const settle = () => {
    while (far.deliver() || near.deliver());
  }
  const request = { protocol: 'tcp', address: { host: 'host.example', port: 443 } }
  const open = () => asking.open(request, { onClose: ignore })
  const opened = Array.from({ length: channels }, () => {
    const channel = open()
    settle()
    return channel
  })
  let turn = 0
  return {
    /** Sends payload over the next channel, until it has been consumed and its credit is back. */
    carry(payload) {
      opened[turn++ % opened.length].send(payload)
      settle()
    },
    openAndEnd() {
      const channel = open()
      channel.end()
      settle()
    },
  }
}

function serve(channel) {
  channel.setHandler({
    onData: (bytes) => channel.consumed(bytes.length),
    onEnd: () => channel.end(),
    onClose: ignore,
  })
  channel.accept()
  channel.resume()
}

/** Messages wait until `deliver`, since a transport must not call back from inside `send`. */
function joinedTransports() {
  const ends = [new MemoryEnd(), new MemoryEnd()]
  ends[0].peer = ends[1]
  ends[1].peer = ends[0]
  return ends
}

class MemoryEnd {
  bufferedBytes = 0
  roundTripMs = undefined
  peer
  #arrived = []
  #handler

  /** Passes on the messages that have arrived; false if there were none. */
  deliver() {
    const messages = this.#arrived
    if (messages.length === 0) return false
    this.#arrived = []
    for (const message of messages) this.#handler.onMessage(message)
    return true
  }

  send(message) {
    this.peer.#arrived.push(message)
    return true
  }

  setHandler(handler) {
    this.#handler = handler
  }

  pause() {}
  resume() {}
  close() {}
  destroy() {}
}

function ignore() {}

import { connect } from 'node:net'

/**
 * Buffer for the reads of all sockets of this process. With a buffer for each read, garbage collection would make the
 * load generator slower than the measured program. A receiver copies the bytes that it needs for longer.
 */
const readBuffer = Buffer.allocUnsafe(256 * 1024)

const greeting = Buffer.from([0x05, 0x01, 0x00])
const acceptedMethod = 2
/** Length of the shortest reply with an address (RFC 1928 §6); a longer one arrives in one piece as well. */
const ipv4ReplyBytes = 10

/** Builds a SOCKS5 request for a port of this machine. */
export function requestFor(command, port) {
  return Buffer.from([0x05, command, 0x00, 0x01, 127, 0, 0, 1, port >> 8, port & 0xff])
}

/**
 * Opens a connection to the target, directly or through a SOCKS5 proxy. `receive` of the result gets a view that is
 * valid during the call.
 *
 * @param {{ port: number, host?: string, targetPort: number, socks: boolean }} route `host`: 127.0.0.1 unless given
 */
export async function dial(route) {
  const connection = await open(route.port, route.host)
  if (route.socks) await handshake(connection, requestFor(0x01, route.targetPort))
  return connection
}

/** Opens a SOCKS5 association; resolves with its control connection and the port for datagrams. */
export async function associate(route) {
  const connection = await open(route.port)
  const reply = await handshake(connection, requestFor(0x03, 0))
  return { connection, port: reply.readUInt16BE(reply.length - 2) }
}

/** Builds the first bytes for the target: see programs/target.mjs. */
export function want(letter, bytes = 0) {
  const head = Buffer.alloc(5)
  head.write(letter, 'latin1')
  head.writeUInt32BE(bytes, 1)
  return head
}

/** Resolves with a copy of the next bytes of a connection. */
export function next(connection) {
  return new Promise((resolve, reject) => {
    connection.receive = (bytes) => {
      connection.receive = ignore
      resolve(Buffer.from(bytes))
    }
    connection.onFailed = reject
  })
}

class Connection {
  socket
  receive = ignore
  onFailed = ignore

  constructor(port, host) {
    const callback = (length, buffer) => {
      this.receive(buffer.subarray(0, length))
      return true
    }
    this.socket = connect({ port, host, noDelay: true, onread: { buffer: readBuffer, callback } })
    this.socket.on('error', (error) => this.onFailed(error))
    this.socket.on('close', () => this.onFailed(new Error(`the connection to port ${port} was closed`)))
  }
}

function open(port, host = '127.0.0.1') {
  const connection = new Connection(port, host)
  return new Promise((resolve, reject) => {
    connection.onFailed = reject
    connection.socket.once('connect', () => resolve(connection))
  })
}

async function handshake(connection, request) {
  connection.socket.write(greeting)
  await collect(connection, acceptedMethod)
  connection.socket.write(request)
  const reply = await collect(connection, ipv4ReplyBytes)
  if (reply[1] !== 0) throw new Error(`the proxy answered 0x${reply[1].toString(16).padStart(2, '0')}`)
  return reply
}

/** Resolves with at least `bytes` bytes; the target sends nothing before it gets its first bytes. */
async function collect(connection, bytes) {
  let all = await next(connection)
  while (all.length < bytes) all = Buffer.concat([all, await next(connection)])
  return all
}

function ignore() {}

import { webcrypto } from 'node:crypto'
import type { Socket } from 'node:dgram'
import { textOf } from '@ls/foundation'
import type * as QuicModule from '@matrixai/quic'
import { DirectError } from '../errors.js'
import { GoPath, type GoPathOptions } from './go-path.js'
import type { QuicConnection, QuicSocket, QuicStream, UdpPlace } from './quic.js'

type Quic = typeof QuicModule
type NativeClient = InstanceType<Quic['QUICClient']>
type NativeStream = ReturnType<NativeClient['connection']['newStream']>

/** Streams of the peer at one time: each is a connection that it opens. */
const maxPeerStreams = 1000
/** Times of the connection in milliseconds, those of Go. */
const idleMs = 30_000
const keepAliveMs = 5000
/** Credit for the peer, in bytes: of the connection, and of a stream. */
const connectionCreditBytes = 16_777_216
const streamCreditBytes = 4_194_304
/** Bytes that are read from a stream in one go. */
const readBytes = 65_536

/** Creates a path to Go programs, with `@matrixai/quic`, which is loaded when it is needed. */
export function makeGoPath(options: Omit<GoPathOptions, 'openSocket'>): GoPath {
  return new GoPath({ ...options, openSocket: openQuicSocket })
}

/** Opens a UDP socket with QUIC. @throws DirectError `ERR_DIRECT_UNAVAILABLE` where the package is missing */
async function openQuicSocket(): Promise<QuicSocket> {
  const quic = await loadQuic()
  const socket = new quic.QUICSocket({ logger: silentLogger() })
  await socket.start({ host: '0.0.0.0', port: 0 })
  // The package has no other way to send and receive packets that are not QUIC over the same port.
  const { socket: udp } = socket as unknown as { readonly socket: Socket }
  return {
    port: socket.port,
    send: (packet, { address, port }) => udp.send(packet, port, address, () => {}),
    onPacket: (call) => void udp.on('message', (packet, from) => call(packet, from)),
    dial: (to, timeoutMs) => dial(quic, socket, to, timeoutMs),
    close: () => void socket.stop({ force: true }).catch(() => {}),
  }
}

async function loadQuic(): Promise<Quic> {
  try {
    return await import('@matrixai/quic')
  } catch (error) {
    const text = `direct paths with Go programs need the package @matrixai/quic 2.0 (npm install @matrixai/quic): ${textOf(error)}`
    throw new DirectError('ERR_DIRECT_UNAVAILABLE', text, { cause: error })
  }
}

type NativeSocket = InstanceType<Quic['QUICSocket']>
type NativeLogger = NonNullable<ConstructorParameters<Quic['QUICSocket']>[0]['logger']>

/** The package logs to standard error by default. */
function silentLogger(): NativeLogger {
  const silent: unknown = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: () => {},
    getChild: () => silent,
  }
  return silent as NativeLogger
}

async function dial(quic: Quic, socket: NativeSocket, to: UdpPlace, timeoutMs: number): Promise<QuicConnection> {
  const logger = silentLogger()
  const client = await quic.QUICClient.createQUICClient(
    {
      host: to.address,
      port: to.port,
      serverName: 'linksocks',
      socket,
      logger,
      crypto: { ops: { randomBytes: async (data) => void webcrypto.getRandomValues(new Uint8Array(data)) } },
      config: {
        // The certificate is made on the spot. Both ends prove the key of the pair in the first stream.
        verifyPeer: false,
        applicationProtos: ['linksocks-direct'],
        maxIdleTimeout: idleMs,
        keepAliveIntervalTime: keepAliveMs,
        initialMaxData: connectionCreditBytes,
        initialMaxStreamDataBidiLocal: streamCreditBytes,
        initialMaxStreamDataBidiRemote: streamCreditBytes,
        initialMaxStreamsBidi: maxPeerStreams,
        readableChunkSize: readBytes,
      },
    },
    { timer: timeoutMs },
  )
  return new NativeConnection(quic, client)
}

class NativeConnection implements QuicConnection {
  readonly #client: NativeClient
  readonly #waiting: QuicStream[] = []
  #onStream: ((stream: QuicStream) => void) | undefined

  constructor(quic: Quic, client: NativeClient) {
    this.#client = client
    client.connection.addEventListener(quic.events.EventQUICConnectionStream.name, (event) => {
      const stream = streamOf((event as unknown as { readonly detail: NativeStream }).detail)
      if (this.#onStream === undefined) this.#waiting.push(stream)
      else this.#onStream(stream)
    })
  }

  open(): QuicStream {
    return streamOf(this.#client.connection.newStream('bidi'))
  }

  onStream(call: (stream: QuicStream) => void): void {
    this.#onStream = call
    for (const stream of this.#waiting.splice(0)) call(stream)
  }

  onClosed(call: (reason: string) => void): void {
    void this.#client.closedP.then(() => call('the QUIC connection was closed'))
  }

  close(): void {
    void this.#client.destroy({ isApp: true, errorCode: 0, force: true }).catch(() => {})
  }
}

function streamOf(stream: NativeStream): QuicStream {
  const writer = stream.writable.getWriter()
  const reader = stream.readable.getReader()
  // Their errors arrive with the next call.
  writer.closed.catch(() => {})
  reader.closed.catch(() => {})
  return {
    write: (bytes) => writer.write(bytes),
    read: async () => (await reader.read()).value,
    close() {
      writer.close().catch(() => {})
      reader.cancel().catch(() => {})
    },
  }
}

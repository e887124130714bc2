/** One stream of a QUIC connection: bytes in both directions. */
export interface QuicStream {
  /** Resolves when the bytes are accepted. @throws any error of a stream that is closed */
  write(bytes: Uint8Array): Promise<void>
  /** Resolves with the next bytes; undefined at the end. @throws any error of a stream that was reset */
  read(): Promise<Uint8Array | undefined>
  /** Ends our direction after what was written, and stops reading. */
  close(): void
}

/** A QUIC connection that this end has dialled. */
export interface QuicConnection {
  open(): QuicStream
  /** Sets the receiver of streams that the peer opens. */
  onStream(call: (stream: QuicStream) => void): void
  /** Sets the receiver of the connection's end. */
  onClosed(call: (reason: string) => void): void
  close(): void
}

/** Where a packet comes from or goes to. */
export interface UdpPlace {
  readonly address: string
  readonly port: number
}

/** A UDP socket for packets of our own, and for QUIC connections. */
export interface QuicSocket {
  readonly port: number
  /** Sends a packet. Errors count as loss. */
  send(packet: Uint8Array, to: UdpPlace): void
  /** Sets the receiver of packets, also of those that belong to QUIC. */
  onPacket(call: (packet: Buffer, from: UdpPlace) => void): void
  /** Dials over this socket. @throws Error if it does not succeed within `timeoutMs` milliseconds */
  dial(to: UdpPlace, timeoutMs: number): Promise<QuicConnection>
  close(): void
}

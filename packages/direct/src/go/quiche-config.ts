import type { native } from '@matrixai/quic'

/** The binding of `@matrixai/quic` to quiche. The classes of the package above it pass several promises per packet. */
export type Quiche = native.Quiche
type QuicheConfig = InstanceType<Quiche['Config']>
/** A connection of quiche. */
export type NativeConnection = native.Connection

/** Streams of the peer at one time: each is a connection that it opens. */
const maxPeerStreams = 1000
/** Time without a packet after which the connection is lost, in milliseconds: that of Go. */
const idleMs = 30_000
/** Credit for the peer, in bytes: of the connection, and of a stream. */
const connectionCreditBytes = 16_777_216
const streamCreditBytes = 4_194_304
/** Largest packet that is sent, in bytes: fits into tunnels and PPPoE as well. */
export const maxPacketBytes = 1350
/** Largest packet that is accepted, in bytes: the peer finds out what its path carries. */
const maxReceivedBytes = 65_527

/** Settings of connections to Go programs. */
export function quicheConfig(quiche: Quiche): QuicheConfig {
  // The certificate is created here and used once. Both ends prove the key of the pair in the first stream.
  const config = quiche.Config.withBoringSslCtx(false, false)
  config.setApplicationProtos(['linksocks-direct'])
  config.grease(true)
  config.setMaxIdleTimeout(idleMs)
  config.setMaxSendUdpPayloadSize(maxPacketBytes)
  config.setMaxRecvUdpPayloadSize(maxReceivedBytes)
  config.setInitialMaxData(connectionCreditBytes)
  config.setInitialMaxStreamDataBidiLocal(streamCreditBytes)
  config.setInitialMaxStreamDataBidiRemote(streamCreditBytes)
  config.setInitialMaxStreamsBidi(maxPeerStreams)
  config.setDisableActiveMigration(true)
  // Packets are sent in small groups; a timer of milliseconds cannot pace them.
  config.enablePacing(false)
  return config
}

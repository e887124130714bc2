export { askOver } from './ask-over.js'
export { type Cleanups, useCleanups } from './cleanups.js'
export { byteServer, hashServer, type ByteServerOptions } from './servers/byte-server.js'
export {
  testAuthority,
  type TestAuthority,
  testCertificate,
  type TestCertificate,
  type TestCertificateOptions,
} from './tls/certificate.js'
export { type ClientHello, helloCatcher, type HelloCatcher } from './tls/client-hello.js'
export { type AgentContract, askNode, describeAgents } from './describe-agents.js'
export type { TransportPair } from './transports/contract/transport-ends.js'
export { describeMessageTransport } from './transports/describe-message-transport.js'
export { FakeClock } from './fake-clock.js'
export { FakeDns, type FakeDnsReply } from './servers/fake-dns.js'
export { type FaultRelay, faultRelay, type LinkFault, linkFaults } from './transports/fault-relay.js'
export type { LinkConditions } from './transports/faulty-link.js'
export { httpServer, type TestHttpServer } from './servers/http-server.js'
export { ja4 } from './tls/ja4.js'
export { leakCheck } from './leak-check.js'
export {
  memoryTransportPair,
  type MemoryTransport,
  type MemoryTransportOptions,
} from './transports/memory-transport.js'
export { requireProgram } from './program.js'
export { RecordingHandler } from './transports/recording-handler.js'
export { seededBytes, seededDigest, type SeededBytes } from './seeded-bytes.js'
export { socketEnd } from './socket-end.js'
export { freePort } from './servers/free-port.js'
export { echoServer, tcpServer, type TestServer, type TestTcpServer } from './servers/tcp-server.js'
export type { CloseReasonShape, HandlerShape, TransportShape } from './transports/transport-shape.js'
export { loadVectors } from './vectors.js'
export { afterDelay, onceEvent, turns, until, within, type WaitOptions } from './wait.js'

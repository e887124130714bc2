export { byteServer, hashServer, type ByteServerOptions } from './byte-server.js'
export {
  testAuthority,
  type TestAuthority,
  testCertificate,
  type TestCertificate,
  type TestCertificateOptions,
} from './certificate.js'
export { type ClientHello, helloCatcher, type HelloCatcher } from './client-hello.js'
export { describeMessageTransport, type TransportPair } from './describe-message-transport.js'
export { echoServer } from './echo-server.js'
export { FakeClock } from './fake-clock.js'
export { FakeDns, type FakeDnsReply } from './fake-dns.js'
export { type FaultRelay, faultRelay, type LinkFault, linkFaults } from './fault-relay.js'
export type { LinkConditions } from './faulty-link.js'
export { httpServer, type TestHttpServer } from './http-server.js'
export { ja4 } from './ja4.js'
export { leakCheck } from './leak-check.js'
export { memoryTransportPair, type MemoryTransport, type MemoryTransportOptions } from './memory-transport.js'
export { requireProgram } from './program.js'
export { RecordingHandler } from './recording-handler.js'
export { seededBytes, seededDigest, type SeededBytes } from './seeded-bytes.js'
export { freePort, tcpServer, type TestServer, type TestTcpServer } from './tcp-server.js'
export type { CloseReasonShape, HandlerShape, TransportShape } from './transport-shape.js'
export { loadVectors } from './vectors.js'
export { onceEvent, turns, until, within, type WaitOptions } from './wait.js'

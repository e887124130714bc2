/** Values of the second byte of every message (protocol.md §1 and §3). */
export const MessageType = {
  Auth: 0x01,
  AuthResponse: 0x02,
  Connect: 0x03,
  Data: 0x04,
  ConnectResponse: 0x05,
  Disconnect: 0x06,
  Connector: 0x07,
  ConnectorResponse: 0x08,
  Log: 0x09,
  Partners: 0x0a,
  DirectCapabilities: 0x0b,
  DirectRendezvous: 0x0c,
  DirectStatus: 0x0d,
  Hello: 0x20,
  Window: 0x21,
  Fin: 0x22,
  Ack: 0x23,
  Resume: 0x24,
  Resumed: 0x25,
  Expose: 0x26,
  Exposed: 0x27,
  Lossy: 0x28,
  Urgent: 0x29,
  Relink: 0x30,
} as const

export type MessageType = (typeof MessageType)[keyof typeof MessageType]

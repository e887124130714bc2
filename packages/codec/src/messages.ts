// `@ls/codec/messages`: one function for each message and direction.
export * from './message/decoders.js'
export * from './message/encoders.js'
export {
  decodeDirect,
  decodeExpose,
  decodeExposed,
  decodeHello,
  decodeLog,
  decodePartners,
  encodeDirect,
  encodeExpose,
  encodeExposed,
  encodeHello,
  encodeLog,
  encodePartners,
} from './message/json-body.js'

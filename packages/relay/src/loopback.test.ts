import { describeMessageTransport } from '@ls/testkit'
import { loopbackPair } from './loopback.js'

describeMessageTransport('loopback', () => {
  const [left, right] = loopbackPair()
  return Promise.resolve({ left, right })
})

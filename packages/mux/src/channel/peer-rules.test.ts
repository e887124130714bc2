import { encode, MessageType } from '@ls/codec'
import { expect, test } from 'vitest'
import { checkData, errorOfDisconnect, receiveGrant } from './peer-rules.js'

const channelId = new Uint8Array(16)
const payload = new Uint8Array(1)
const datagram = encode({ type: MessageType.Data, protocol: 'udp', channelId, compression: 'none', payload })

test('checkData refuses Data of the other protocol', () => {
  expect(() => checkData(datagram, 'tcp', false)).toThrow('Data of protocol 2 came on a tcp channel')
})

test('checkData refuses Data behind Fin', () => {
  expect(() => checkData(datagram, 'udp', true)).toThrow('Data came after Fin')
})

test('receiveGrant refuses credit past what any window can be', () => {
  const grant = encode({ type: MessageType.Window, channelId, creditBytes: 7 })
  const sender = { addCredit: () => false }
  expect(() => receiveGrant(grant, sender)).toThrow('Window of 7 bytes raises the credit above 4294967295')
})

test('errorOfDisconnect is empty where the peer gives no reason', () => {
  expect(errorOfDisconnect(encode({ type: MessageType.Disconnect, channelId }))).toBe('')
})

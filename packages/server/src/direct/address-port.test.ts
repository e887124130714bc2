import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { silentLogger } from '@ls/foundation'
import { expect, onTestFinished, test } from 'vitest'
import { AddressPort } from './address-port.js'

test('AddressPort answers a request with the address of its sender', async () => {
  const port = await AddressPort.open({ host: '127.0.0.1', port: 0 }, silentLogger)
  onTestFinished(() => port.close())
  const client = createSocket('udp4')
  onTestFinished(() => void client.close())
  client.bind(0, '127.0.0.1')
  await once(client, 'listening')
  client.send(Buffer.from('4c53525501010102030405060708', 'hex'), port.address.port, '127.0.0.1')
  const [answer] = (await once(client, 'message')) as [Buffer]
  expect(answer.readUInt16BE(20)).toBe(client.address().port)
})

test('AddressPort reports an address that cannot be opened', async () => {
  const opened = AddressPort.open({ host: '192.0.2.1', port: 0 }, silentLogger)
  await expect(opened).rejects.toThrow('the UDP port that reports addresses cannot listen on 192.0.2.1:0')
})

import { httpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { UdpAssociation } from '../interop/socks-client.js'
import { closing } from '../stress/cleanup.js'
import { modes, proxyNet } from '../stress/proxy-net.js'
import { curl, hasCurl } from './curl.js'
import { udpEcho } from './udp-echo.js'

describe.each(modes)('%s mode', (mode) => {
  for (const fastOpen of [false, true]) {
    const name = fastOpen ? 'with fast open' : 'without fast open'

    test.skipIf(!hasCurl)(`curl fetches through it ${name}`, async () => {
      const http = closing(await httpServer())
      const { socks } = await proxyNet(mode, { server: { proxy: { fastOpen } }, client: { proxy: { fastOpen } } })
      const { body } = await curl('--socks5-hostname', `127.0.0.1:${socks.port}`, http.url)
      expect(body).toBe((await curl(http.url)).body)
    })

    test.skipIf(!hasCurl)(`curl fetches through it as HTTP proxy ${name}`, async () => {
      const http = closing(await httpServer())
      const { socks } = await proxyNet(mode, { server: { proxy: { fastOpen } }, client: { proxy: { fastOpen } } })
      const { body } = await curl('-x', `http://127.0.0.1:${socks.port}`, http.url)
      expect(body).toBe((await curl(http.url)).body)
    })
  }

  test('datagrams go out and come back', async () => {
    const echo = closing(await udpEcho())
    const { socks } = await proxyNet(mode)
    const association = closing(await UdpAssociation.open(socks.port))
    const payload = Buffer.from('question')
    expect(await association.exchange('127.0.0.1', echo.port, payload)).toEqual({ payload, port: echo.port })
  })

  test('datagrams reach a target by name', async () => {
    const echo = closing(await udpEcho())
    const { socks } = await proxyNet(mode)
    const association = closing(await UdpAssociation.open(socks.port))
    const payload = Buffer.from('question')
    expect(await association.exchange('localhost', echo.port, payload)).toEqual({ payload, port: echo.port })
  })
})

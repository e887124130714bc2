import { expect, test } from 'vitest'
import { qrCode } from './qr-code.js'

const line = "linksocks client 'wss://0123456789abcdef0123456789abcdef@server.example:8765/'"

test('qrCode brings its own colours to a terminal, whose background may be light', async () => {
  const lines = await qrCode(line, 'coloured')
  // oxlint-disable-next-line eslint/no-control-regex -- an escape sequence is what it looks for
  expect(lines.filter((each) => !/^\u001B\[97;40m[█▀▄ ]+\u001B\[0m$/.test(each))).toEqual([])
})

test('qrCode is plain text elsewhere', async () => {
  expect((await qrCode(line, 'plain')).join('')).toMatch(/^[█▀▄ ]+$/)
})

test('qrCode fits a terminal of 80 columns', async () => {
  const pinned = `${line} --tls-pin sha256:${'A'.repeat(43)}=`
  expect(Math.max(...(await qrCode(pinned, 'plain')).map(({ length }) => length))).toBeLessThanOrEqual(80)
})

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { connect } from '@ls/socks5/node'
import { echoServer, leakCheck, requireProgram, seededBytes, seededDigest, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from './cleanup.js'
import { modes, proxyNet, type ProxyNet } from './proxy-net.js'
import { ci, fact, mebibyte, seed } from './settings.js'
import { download, text, transferServer } from './traffic.js'

const run = promisify(execFile)
const curl = requireProgram('curl')
const chunkBytes = mebibyte

/** Full size in CI. Otherwise two of three modes carry only as much as fills every buffer many times. */
const sizes = modes.map((mode) => {
  if (ci) return { mode, bulkMiB: 1024, eachMiB: 5 }
  return mode === 'forward' ? { mode, bulkMiB: 256, eachMiB: 5 } : { mode, bulkMiB: 64, eachMiB: 1 }
})

test.runIf(curl).each(sizes)(
  '$mode: $bulkMiB MiB down arrive with the same SHA-256',
  async ({ mode, bulkMiB }) => {
    const net = await proxyNet(mode)
    const url = await webServer((_request, response) => void sendBulk(response, bulkMiB * mebibyte))
    const startMs = performance.now()
    const digest = await shell(`curl ${curlFlags(net)} ${url} | sha256sum`)
    reportRate(`${mode}: ${bulkMiB} MiB down`, bulkMiB, startMs)
    expect(digest.stdout).toBe(seededDigest(seed, bulkMiB * mebibyte))
  },
  150_000,
)

test.runIf(curl).each(sizes)(
  '$mode: $bulkMiB MiB up arrive with the same SHA-256',
  async ({ mode, bulkMiB }) => {
    const net = await proxyNet(mode)
    const url = await webServer(
      (request, response) => void answerDigest(request, response).catch(() => response.destroy()),
    )
    const source = `head -c ${bulkMiB * mebibyte} /dev/urandom | tee >(sha256sum >&2)`
    const startMs = performance.now()
    const digest = await shell(`${source} | curl ${curlFlags(net)} -H Expect: -T - ${url}`)
    reportRate(`${mode}: ${bulkMiB} MiB up`, bulkMiB, startMs)
    expect(digest.stdout).toBe(digest.stderr)
  },
  150_000,
)

test.each(sizes)(
  '$mode: 200 downloads of $eachMiB MiB side by side all match',
  async ({ mode, eachMiB }) => {
    const net = await proxyNet(mode)
    const server = closing(await transferServer())
    const startMs = performance.now()
    const transfers = Array.from({ length: 200 }, (_, index) => ({ seed: seed + index, bytes: eachMiB * mebibyte }))
    const outcomes = await Promise.allSettled(transfers.map((transfer) => download(net.socks, server, transfer)))
    const tookMs = performance.now() - startMs
    fact('bulk', `${mode}: 200 × ${eachMiB} MiB side by side in ${Math.round(tookMs)} ms`)
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
    await until(() => net.sessions().every(({ channelCount }) => channelCount === 0), 'the channels to end')
  },
  90_000,
)

test.each(modes)(
  '%s: 2,000 short connections in a row leave nothing behind',
  async (mode) => {
    const net = await proxyNet(mode)
    const echo = closing(await echoServer())
    const talk = async (): Promise<void> => {
      const socket = await connect({ proxy: net.socks, target: echo })
      socket.end('hello')
      expect(await text(socket)).toBe('hello')
    }
    await talk()
    const assertNoLeak = leakCheck()
    const startMs = performance.now()
    for (let turn = 0; turn < 2000; turn++) await talk()
    const tookMs = performance.now() - startMs
    fact('bulk', `${mode}: 2,000 connections in a row in ${Math.round(tookMs)} ms`)
    await assertNoLeak()
    await until(() => net.sessions().every(({ channelCount }) => channelCount === 0), 'the channels to end')
  },
  60_000,
)

function curlFlags({ socks }: ProxyNet): string {
  return `-sS --max-time 110 --socks5-hostname ${socks.host}:${socks.port}`
}

/** A web server on a loopback port; resolves with its URL. */
async function webServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function sendBulk(response: ServerResponse, length: number): Promise<void> {
  const bytes = seededBytes(seed)
  response.setHeader('Content-Length', length)
  for (let sent = 0; sent < length; sent += chunkBytes) {
    if (!response.write(bytes.take(chunkBytes))) await once(response, 'drain')
  }
  response.end()
}

async function answerDigest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  for await (const chunk of request) hash.update(chunk as Buffer)
  response.end(hash.digest('hex'))
}

function reportRate(what: string, sizeMiB: number, startMs: number): void {
  const seconds = (performance.now() - startMs) / 1000
  const rate = (sizeMiB * mebibyte * 8) / 1e9 / seconds
  fact(
    'bulk',
    `${what} in ${seconds.toFixed(1)} s, ${rate.toFixed(2)} Gbit/s with its hashing, all ends in one process`,
  )
}

/** Runs a pipe of commands; resolves with the first 64 characters of each stream, the length of a SHA-256. */
async function shell(command: string): Promise<{ stdout: string; stderr: string }> {
  const { stdout, stderr } = await run('bash', ['-c', `set -o pipefail; ${command}`], { timeout: 120_000 })
  return { stdout: stdout.slice(0, 64), stderr: stderr.slice(0, 64) }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../bench/processes.mjs'
import { apiKey } from '../rig.mjs'
import { ask, statusOf, upgradeRequest } from '../strangers.mjs'

const durationMs = 4000
const pauseMs = 20
const streamPath = '/tunnel'
const pages = ['https://evil.example', 'null', 'http://127.0.0.1', 'http://rebound.example']
let streamPort = 0

export const webPages = {
  id: 'web-pages',
  title: "web page in the user's browser: opens the ws:// proxy port and the API",
  prepare: async ({ proxyPort }) => {
    streamPort = await freePort()
    const places = [`127.0.0.1:${proxyPort}`, `ws://127.0.0.1:${streamPort}${streamPath}`]
    return { clientFlags: places.flatMap((place) => ['--listen', place]) }
  },
  run: async ({ port }) => {
    const statuses = { stream: new Set(), api: new Set() }
    for (const until = performance.now() + durationMs; performance.now() < until; await sleep(pauseMs)) {
      for (const page of pages) {
        statuses.stream.add(statusOf(await ask(streamPort, openStream(`Origin: ${page}\r\n`))))
        statuses.api.add(statusOf(await ask(port, askApi(`Origin: ${page}\r\n`))))
      }
    }
    const program = [statusOf(await ask(streamPort, openStream(''))), statusOf(await ask(port, askApi('')))]
    return [
      ...onlyRefused('the proxy port', statuses.stream),
      ...onlyRefused('the API', statuses.api),
      // A port that refuses all requests would pass the check above.
      ...(String(program) === '101,200' ? [] : [`a program without Origin got ${String(program)} instead of 101,200`]),
    ]
  },
}

export const transparentPort = {
  id: 'transparent-port',
  title: "web page in the user's browser: names targets by Host at a transparent proxy port",
  prepare: () => ({ clientFlags: ['--http-transparent'] }),
  run: async ({ proxyPort, targets }) => {
    const reached = new Set()
    const { port } = targets.forbidden
    for (const until = performance.now() + durationMs; performance.now() < until; await sleep(pauseMs)) {
      // Pages of another origin, and of a name that resolves to the proxy itself.
      reached.add(statusOf(await ask(proxyPort, get(`127.0.0.1:${port}`, 'Origin: https://evil.example\r\n'))))
      reached.add(statusOf(await ask(proxyPort, get(`localhost:${port}`, 'Origin: null\r\n'))))
      reached.add(statusOf(await ask(proxyPort, get(`rebound.example:${proxyPort}`, ''))))
    }
    const program = statusOf(await ask(proxyPort, get(`127.0.0.1:${targets.website.port}`, '')))
    return [
      ...onlyRefused('the transparent port', reached),
      ...(program === 200 ? [] : [`a program without Origin got ${program} instead of 200`]),
    ]
  },
}

function onlyRefused(what, statuses) {
  const served = [...statuses].filter((status) => status !== 403 && status !== 400)
  return served.length === 0 ? [] : [`${what} answered a page with ${served.join(', ')}`]
}

function openStream(fields) {
  return upgradeRequest.replace('/socket', streamPath).replace(/\r\n$/, `${fields}\r\n`)
}

function askApi(fields) {
  return `GET /api/status HTTP/1.1\r\nHost: h\r\nX-API-Key: ${apiKey}\r\nConnection: close\r\n${fields}\r\n`
}

function get(host, fields) {
  return `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${fields}\r\n`
}

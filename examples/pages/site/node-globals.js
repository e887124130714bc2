// What a driver that was written for Node takes for granted. Import it first.
import { Buffer } from 'node:buffer'

Object.assign(globalThis, { Buffer, process: { env: {}, nextTick: queueMicrotask } })

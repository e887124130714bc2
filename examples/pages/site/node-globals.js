// Globals that drivers written for Node expect. Import this module first.
import { Buffer } from 'node:buffer'

Object.assign(globalThis, { Buffer, process: { env: {}, nextTick: queueMicrotask } })

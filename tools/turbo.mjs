#!/usr/bin/env node
// Runs turbo without telemetry and notices, in the shell of every platform: `node tools/turbo.mjs run build`.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }
const program = fileURLToPath(import.meta.resolve('turbo/bin/turbo'))
const { status, signal } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], { env, stdio: 'inherit' })
if (signal) process.kill(process.pid, signal)
process.exitCode = status ?? 1

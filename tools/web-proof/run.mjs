#!/usr/bin/env node
// `pnpm prove:web`: tests the promises of `@ls/web` in Chromium. Prints a line for each proof; exits with 1 if one
// fails.
import { parseArgs } from 'node:util'
import { proofs } from './proofs.mjs'
import { startRig } from './rig.mjs'

const usage = `Usage: pnpm prove:web [options]

  --only LIST        of ${Object.keys(proofs).join(', ')}
  --mib N            bytes each way (default 1024)
  --cuts N           resets of the WebSocket (default 200)
  --streams N        streams at once (default 1000)
  --stall-seconds N  how long a reader stops (default 30)
  --freeze-seconds N how long the tab is frozen (default 20)
`

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(proofs).join(',') },
    mib: { type: 'string', default: '1024' },
    cuts: { type: 'string', default: '200' },
    streams: { type: 'string', default: '1000' },
    'stall-seconds': { type: 'string', default: '30' },
    'freeze-seconds': { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
})

/** Time for a proof, in milliseconds; one that takes longer hangs, and has failed. */
const limitMs = 300_000

const sizes = {
  mib: Number(values.mib),
  cuts: Number(values.cuts),
  streams: Number(values.streams),
  stallSeconds: Number(values['stall-seconds']),
  freezeSeconds: Number(values['freeze-seconds']),
}

async function prove(name) {
  const rig = await startRig()
  const late = new Promise((resolve) => {
    setTimeout(() => resolve({ ok: false, text: `not done within ${limitMs / 1000} s` }), limitMs).unref()
  })
  try {
    return await Promise.race([proofs[name](rig, sizes), late])
  } catch (error) {
    return { ok: false, text: String(error) }
  } finally {
    await rig.close()
  }
}

if (values.help) {
  console.log(usage)
} else {
  let failed = 0
  for (const name of values.only.split(',')) {
    if (!Object.hasOwn(proofs, name)) throw new RangeError(`there is no proof "${name}"\n\n${usage}`)
    const { ok, text } = await prove(name)
    if (!ok) failed++
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${text}`)
  }
  process.exit(failed === 0 ? 0 : 1)
}

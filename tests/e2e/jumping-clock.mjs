// Loaded into a program with --import. The program's time of day differs by CLOCK_OFFSET_MS (0 without it), as on a
// machine whose clock is wrong. Each SIGUSR2 changes it by hours, as a person or a time server does.
const jumpsMs = [3_600_000, -7_200_000]
const RealDate = Date
let offsetMs = Number(process.env.CLOCK_OFFSET_MS ?? 0)

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + offsetMs)
    else super(...parts)
  }

  static now() {
    return RealDate.now() + offsetMs
  }
}

process.on('SIGUSR2', () => {
  offsetMs += jumpsMs.shift() ?? 0
  process.stderr.write(`the clock is off by ${offsetMs} ms\n`)
})

// Loaded into a program with --import: each SIGUSR2 sets the time of day to another hour, as its owner or a time server
// does.
const jumpsMs = [3_600_000, -7_200_000]
const RealDate = Date
let offsetMs = 0

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

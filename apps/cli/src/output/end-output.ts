import { closeSync, fstatSync, openSync } from 'node:fs'
import { devNull } from 'node:os'

const stdoutFd = 1

/**
 * Ends standard output once all of it is written, so that a program that reads it sees the end: Node would keep it open
 * until the process exits. Later output goes nowhere. On Windows, and where output is no pipe, it does nothing.
 */
export function endOutput(): void {
  if (process.platform === 'win32' || !isPipe()) return
  process.stdout.write('', () => {
    closeSync(stdoutFd)
    // Opens another file with the same number. Otherwise the next connection would get the number, and with it all
    // later output.
    openSync(devNull, 'w')
  })
}

function isPipe(): boolean {
  const stats = fstatSync(stdoutFd)
  return stats.isFIFO() || stats.isSocket()
}

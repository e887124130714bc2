import { GoPath, type GoPathOptions } from './go-path.js'
import { openQuicSocket } from './native-quic.js'

/** Creates a path to Go programs, with `@matrixai/quic`, which is loaded when it is needed. */
export function makeGoPath(options: Omit<GoPathOptions, 'openSocket'>): GoPath {
  return new GoPath({ ...options, openSocket: openQuicSocket })
}

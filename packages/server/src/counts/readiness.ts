import type { Readiness } from '@ls/foundation'

/** State of a server in its life cycle. */
export type ServerLife = 'idle' | 'starting' | 'listening' | 'draining' | 'closing' | 'closed'

export interface ReadinessFacts {
  readonly state: ServerLife
  /** Proxy ports of reverse tokens that could not be opened. */
  readonly blockedPorts: readonly number[]
  /** Number of reverse tokens without any connected provider. */
  readonly tokensWithoutProvider: number
  /** Reason why the node of a cluster has not joined the others yet. @default it has joined, or is none */
  readonly waitsFor?: string | undefined
}

/**
 * Readiness of a server. A missing provider is only a note: a load balancer that checks readiness would otherwise never
 * let the provider's link in.
 */
export function readinessOf({ state, blockedPorts, waitsFor, ...facts }: ReadinessFacts): Readiness {
  const { tokensWithoutProvider: alone } = facts
  const reasons = [
    ...(state === 'listening' ? [] : [stateTexts[state]]),
    ...(waitsFor === undefined ? [] : [`waiting for the cluster: ${waitsFor}`]),
    ...blockedPorts.map((port) => `proxy port ${port} of a reverse token cannot be opened`),
  ]
  const notes = alone === 0 ? [] : [`no provider is linked for ${alone} reverse ${alone === 1 ? 'token' : 'tokens'}`]
  return { ready: reasons.length === 0, reasons, notes }
}

const stateTexts = {
  idle: 'the server has not started',
  starting: 'the server is starting',
  draining: 'the server is draining',
  closing: 'the server is shutting down',
  closed: 'the server is closed',
} as const

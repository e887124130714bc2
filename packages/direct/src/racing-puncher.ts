import { asError, type Clock, Pause, type Target } from '@ls/foundation'
import { DirectError } from './errors.js'
import type { DirectConnection, IncomingPath, OutgoingPath, Puncher } from './puncher.js'
import { splitInvitation, withInvitation } from './tcp/invitation.js'
import type { TcpAttempt } from './tcp/tcp-attempt.js'
import type { TcpWays } from './tcp/tcp-ways.js'
import { candidateCount, reflexiveAddresses } from './udp/description.js'

/** Options of a {@link RacingPuncher}. */
export interface RacingPuncherOptions {
  /** Source of time and timers. */
  readonly clock: Clock
  /** Opens paths by TCP. */
  readonly tcp: TcpWays
  /** Opens paths by UDP. @default none: TCP alone */
  readonly udp?: Puncher | undefined
}

/** Time for TCP when a path by UDP is open, in milliseconds: TCP is faster, and no connection waits meanwhile. */
const patienceMs = 500

/**
 * Time for STUN servers to answer the connector, in milliseconds: one without an answer takes 2 s. Then a first offer
 * has TCP alone, and another one with UDP follows once its addresses are known, if TCP has not opened by then.
 */
const earlyMs = 500
/** Least time for that first offer to open, in milliseconds: some round trips. */
const leastMs = 300

/** Tries TCP and UDP at the same time. The connector chooses: TCP, unless it takes much longer. */
export class RacingPuncher implements Puncher {
  readonly #options: RacingPuncherOptions

  constructor(options: RacingPuncherOptions) {
    this.#options = options
  }

  async offer(): Promise<OutgoingPath> {
    const { clock, tcp, udp } = this.#options
    const byUdp = tried(udp?.offer())
    const isKnown = await within(byUdp, earlyMs, clock)
    if (isKnown || tcp.hosts([]).length === 0) return this.#offer(byUdp)
    const early = await this.#offer(noWay)
    const endUdp = (): void => void byUdp.then(({ path }) => path?.close())
    let continues = false
    return {
      offer: early.offer,
      accept: async (answer) => {
        const connection = await Promise.race([early.accept(answer), failsAfter(byUdp, clock)])
        endUdp()
        return connection
      },
      next: () => {
        continues = true
        return this.#offer(byUdp)
      },
      close: () => {
        early.close()
        if (!continues) endUdp()
      },
    }
  }

  async #offer(byUdp: Promise<Tried<OutgoingPath>>): Promise<OutgoingPath> {
    const { clock, tcp } = this.#options
    const first = new FirstConnection()
    const mapped = tcp.mapped()
    const attempt = tcp.begin((connection) => first.take(connection))
    const { path } = await byUdp
    return {
      offer: await this.#described(attempt, path?.offer, await mapped),
      accept: async (answer) => {
        const { sdp, invitation } = splitInvitation(answer)
        // An older peer may return our own: libdatachannel repeats attributes that it does not know.
        if (invitation === undefined || invitation.id === attempt.id) attempt.close()
        else attempt.dial(invitation)
        const byUdp = candidateCount(sdp) > 0 ? path?.accept(sdp) : undefined
        if (attempt.isOver && byUdp === undefined) throw nothingInCommon()
        const byTcp = first.after(attempt)
        const chosen = await (byUdp === undefined ? byTcp : race(byTcp, byUdp, clock))
        attempt.close()
        first.endUnless(chosen)
        if (chosen.protocol === 'tcp') path?.close()
        return chosen
      },
      close: () => {
        attempt.close()
        first.endUnless(undefined)
        path?.close()
      },
    }
  }

  async answer(offer: string, onOpened: (connection: DirectConnection) => void): Promise<IncomingPath> {
    const { tcp, udp } = this.#options
    const { sdp, invitation } = splitInvitation(offer)
    const mapped = tcp.mapped()
    const attempt = invitation && tcp.begin(onOpened)
    if (invitation !== undefined) attempt?.dial(invitation)
    const byUdp = tried(candidateCount(sdp) > 0 ? udp?.answer(sdp, onOpened) : undefined)
    // A STUN server or a router that does not answer takes 2 s, and the peer uses a connection by TCP in any case.
    const isOpen = await Promise.race([whenOpen(attempt), Promise.all([byUdp, mapped]).then(() => false)])
    if (attempt !== undefined && isOpen) return this.#answerOpen(attempt, byUdp)
    const { path, error = nothingInCommon() } = await byUdp
    if (attempt === undefined && path === undefined) throw error
    const opened = any([attempt?.opened, path?.opened])
    // It may fail before the caller waits for it.
    opened.catch(() => {})
    return {
      answer: attempt === undefined ? path!.answer : await this.#described(attempt, path?.answer, await mapped),
      opened,
      close: () => {
        attempt?.close()
        path?.close()
      },
    }
  }

  /** Answers for a path by TCP that is open; the one by UDP ends when its addresses are known. */
  async #answerOpen(attempt: TcpAttempt, byUdp: Promise<Tried<IncomingPath>>): Promise<IncomingPath> {
    void byUdp.then(({ path }) => path?.close())
    return {
      answer: await this.#described(attempt, '', undefined),
      opened: attempt.opened,
      close: () => attempt.close(),
    }
  }

  async #described(attempt: TcpAttempt, sdp = '', mapped: Target | undefined): Promise<string> {
    const hosts = this.#options.tcp.hosts(reflexiveAddresses(sdp))
    return withInvitation(sdp, await attempt.invitation(hosts, mapped))
  }
}

/** The first connection of an attempt; further ones end. */
class FirstConnection {
  #connection: DirectConnection | undefined

  take(connection: DirectConnection): void {
    if (this.#connection === undefined) this.#connection = connection
    else connection.transport.destroy()
  }

  async after(attempt: TcpAttempt): Promise<DirectConnection> {
    await attempt.opened
    return this.#connection!
  }

  endUnless(chosen: DirectConnection | undefined): void {
    if (this.#connection !== chosen) this.#connection?.transport.destroy()
  }
}

interface Tried<Path> {
  readonly path?: Path
  readonly error?: Error
}

const noWay: Promise<Tried<OutgoingPath>> = Promise.resolve({})

/** Whether a promise resolves within that time. */
async function within(promise: Promise<unknown>, limitMs: number, clock: Clock): Promise<boolean> {
  const pause = new Pause(clock)
  const resolved = promise.then(() => {
    pause.end()
    return true
  })
  return Promise.race([resolved, pause.wait(limitMs).then(() => false)])
}

/** Rejects when the addresses for UDP are known, and {@link leastMs} are over. */
async function failsAfter(byUdp: Promise<unknown>, clock: Clock): Promise<never> {
  await Promise.all([byUdp, new Pause(clock).wait(leastMs)])
  throw new DirectError('ERR_DIRECT_PATH', 'TCP has not opened before the addresses for UDP were known')
}

/** Result of a way that may be missing, or fail while another one works. */
async function tried<Path>(way: Promise<Path> | undefined): Promise<Tried<Path>> {
  try {
    return way === undefined ? {} : { path: await way }
  } catch (error) {
    return { error: asError(error) }
  }
}

/** Resolves when a connection of the attempt is open; never if none opens. */
function whenOpen(attempt: TcpAttempt | undefined): Promise<true> {
  return new Promise((resolve) => {
    attempt?.opened.then(
      () => resolve(true),
      () => {},
    )
  })
}

/** The connection by TCP, unless the one by UDP is open and TCP takes {@link patienceMs} more. */
function race(tcp: Promise<DirectConnection>, udp: Promise<DirectConnection>, clock: Clock): Promise<DirectConnection> {
  const patient = udp.then(async (connection) => {
    const patience = new Pause(clock)
    const end = (): void => patience.end()
    void tcp.then(end, end)
    await patience.wait(patienceMs)
    return connection
  })
  return any([tcp, patient])
}

/** The first of these that resolves. @throws Error of the last one if none does */
async function any<Value>(all: readonly (Promise<Value> | undefined)[]): Promise<Value> {
  const known = all.filter((each) => each !== undefined)
  try {
    return await Promise.any(known)
  } catch (error) {
    throw (error as AggregateError).errors.at(-1)
  }
}

function nothingInCommon(): DirectError {
  return new DirectError('ERR_DIRECT_PATH', 'the ends have neither TCP nor UDP in common')
}

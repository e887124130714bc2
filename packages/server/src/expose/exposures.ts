import type { RareLog } from '@ls/foundation'
import {
  type ChannelSlots,
  type ExposedPort,
  type Exposure,
  formatExposure,
  formatPlace,
  ListenError,
  openForward,
} from '@ls/relay'
import { ServerError } from '../errors.js'
import type { ResolvedServerOptions } from '../options.js'
import type { PacedSource } from '../reverse/reverse-group.js'
import type { ReverseToken } from '../tokens/token-registry.js'
import { PortRanges } from './port-ranges.js'

/** The providers that an exposure leads to. */
export interface Owner {
  readonly record: ReverseToken
  /** One provider process, which asked for it; undefined for all providers of the token, by the operator's choice. */
  readonly instance: string | undefined
}

export interface ExposuresOptions {
  readonly server: ResolvedServerOptions
  readonly rareLog: RareLog
  /** Opens channels to the owner. */
  sourceOf(owner: Owner): PacedSource
  /** Counts the connections of a token. */
  slotsOf(record: ReverseToken): ChannelSlots
  /** Takes a TCP port that no other part of the server may use then. @throws ServerError where one does */
  holdPort(port: number): void
  /** Gives it back. */
  releasePort(port: number): void
  /** A port is open; `exposure` has the one that was chosen for 0. */
  onOpen(exposure: Exposure, owner: Owner): void
}

/** What is open for one owner, or is being opened. */
interface Entry {
  readonly owner: Owner
  /** As it was asked for. */
  readonly wanted: Exposure
  /** Resolves once it is open. */
  readonly opened: Promise<OpenExposure>
  /** With the port that was chosen, once it is. */
  open: OpenExposure | undefined
  isOver: boolean
}

/** What the operator wants for a token. */
interface Planned {
  readonly record: ReverseToken
  readonly exposure: Exposure
}

interface OpenExposure {
  readonly exposure: Exposure
  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  close(graceMs: number): Promise<void>
}

/** The ports that the server opens for providers: each leads to a target in the provider's network. */
export class Exposures {
  readonly #options: ExposuresOptions
  readonly #entries = new Set<Entry>()
  readonly #closing = new Set<Promise<void>>()
  /** What {@link listen} opens. */
  readonly #planned = new Set<Planned>()

  constructor(options: ExposuresOptions) {
    this.#options = options
  }

  /** The open TCP ports. */
  get ports(): readonly number[] {
    return [...this.#entries].flatMap(({ open }) => {
      const place = open?.exposure.place
      return place?.protocol === 'tcp' ? [place.port] : []
    })
  }

  /** What is open for the providers of a token. */
  of(record: ReverseToken): readonly Exposure[] {
    return [...this.#entries].flatMap(({ owner, open }) => (owner.record === record && open ? [open.exposure] : []))
  }

  /**
   * Opens what a provider asks for; asking again for the same gives the same. Resolves with what is open.
   *
   * @throws ServerError with the reason for the provider
   */
  async ask(owner: Owner, exposure: Exposure): Promise<Exposure> {
    const asked = formatExposure(exposure)
    const known = [...this.#entries].find(
      (entry) => formatExposure(entry.wanted) === asked && isSame(entry.owner, owner),
    )
    if (known !== undefined) return (await known.opened).exposure
    this.#checkRoom(owner.record)
    return this.#add(owner, exposure, this.#portsFor(owner.record, exposure))
  }

  /**
   * Has {@link listen} open what the operator wants for a token, whatever is allowed; nobody else gets the port.
   *
   * @throws ServerError for a TCP port that another part of the server uses
   */
  plan(record: ReverseToken, exposure: Exposure): void {
    this.#hold(exposure.place)
    this.#planned.add({ record, exposure })
  }

  /** @throws ListenError for a port that cannot be opened */
  async listen(): Promise<void> {
    for (const planned of this.#planned) {
      // Opening it takes the port again, before anybody else can.
      this.#forget(planned)
      await this.#open(planned.record, planned.exposure)
    }
  }

  #forget(planned: Planned): void {
    this.#planned.delete(planned)
    this.#release(planned.exposure.place)
  }

  async #open(record: ReverseToken, exposure: Exposure): Promise<Exposure> {
    return this.#add({ record, instance: undefined }, exposure, [exposure.place.port])
  }

  /** A provider is gone, with all its links and sessions. */
  ownerLeft(record: ReverseToken, instance: string): void {
    this.#closeWhere(({ owner }) => owner.record === record && owner.instance === instance, 0)
  }

  /** Resolves when all ports of a removed token are free again. */
  async tokenRemoved(record: ReverseToken): Promise<void> {
    for (const planned of this.#planned) if (planned.record === record) this.#forget(planned)
    this.#closeWhere(({ owner }) => owner.record === record, 0)
    await Promise.all(this.#closing)
  }

  async close(graceMs: number): Promise<void> {
    this.#closeWhere(() => true, graceMs)
    await Promise.all(this.#closing)
  }

  async #add(owner: Owner, exposure: Exposure, ports: Iterable<number>): Promise<Exposure> {
    const entry: Entry = {
      owner,
      wanted: exposure,
      opened: this.#openFirst(owner, exposure, ports),
      open: undefined,
      isOver: false,
    }
    this.#entries.add(entry)
    try {
      const open = await entry.opened
      entry.open = open
      if (entry.isOver) throw new ServerError('ERR_SERVER_CLOSED', 'the provider is gone')
      this.#options.onOpen(open.exposure, owner)
      return open.exposure
    } catch (error) {
      this.#entries.delete(entry)
      throw error
    }
  }

  /** @throws ServerError or, for a single port, what kept it from opening */
  async #openFirst(owner: Owner, exposure: Exposure, ports: Iterable<number>): Promise<OpenExposure> {
    let last: unknown = refusal(`${formatExposure(exposure)}: none of the allowed ports is free`)
    for (const port of ports) {
      try {
        return await this.#openAt(owner, exposure, port)
      } catch (error) {
        if (!isTaken(error)) throw error
        last = error
      }
    }
    throw last
  }

  async #openAt(owner: Owner, { place, target, proxyHeader }: Exposure, port: number): Promise<OpenExposure> {
    const { server, rareLog, sourceOf, slotsOf } = this.#options
    const { protocol } = place
    this.#hold({ protocol, port })
    const release = (): void => this.#release({ protocol, port })
    const listenOn = { host: server.exposeHost, port }
    const header = proxyHeader === undefined ? {} : { proxyHeader }
    const options = { ...server, ...sourceOf(owner), ...header, slots: slotsOf(owner.record), rareLog }
    try {
      const { forward, close } = await openForward({ protocol, listenOn, target }, options)
      const opened = { protocol, port: (forward.listenOn as typeof listenOn).port }
      return { exposure: { place: opened, target, ...header }, close: (graceMs) => close(graceMs).finally(release) }
    } catch (error) {
      release()
      throw error
    }
  }

  #hold({ protocol, port }: ExposedPort): void {
    if (protocol === 'tcp' && port !== 0) this.#options.holdPort(port)
  }

  #release({ protocol, port }: ExposedPort): void {
    if (protocol === 'tcp' && port !== 0) this.#options.releasePort(port)
  }

  #checkRoom(record: ReverseToken): void {
    const count = [...this.#entries].filter(({ owner }) => owner.record === record).length
    if (count >= maxTokenExposures) throw refusal(`this token exposes ${count} ports, the limit of a token`)
  }

  /** @throws ServerError where the port may not be opened */
  #portsFor(record: ReverseToken, { place }: Exposure): Iterable<number> {
    const allowed = record.ports ?? this.#options.server.allowPorts
    if (allowed === undefined || allowed === '') {
      throw refusal('this server opens no ports for providers of this token (--allow-ports)')
    }
    const ranges = new PortRanges(allowed)
    if (place.port === 0) return ranges.draw(maxDrawnPorts)
    if (!ranges.allows(place.port)) throw refusal(`port ${place.port} is not among the allowed ports ${allowed}`)
    if (this.#has(formatPlace(place)))
      throw refusal(`port ${place.port} is exposed by another provider, or for another target`)
    return [place.port]
  }

  /** Whether a place is open, or is being opened. */
  #has(place: string): boolean {
    return [...this.#entries].some(({ wanted, open }) => formatPlace((open?.exposure ?? wanted).place) === place)
  }

  #closeWhere(matches: (entry: Entry) => boolean, graceMs: number): void {
    for (const entry of this.#entries) {
      if (!matches(entry)) continue
      entry.isOver = true
      this.#entries.delete(entry)
      const closing = closeEntry(entry, graceMs)
      this.#closing.add(closing)
      void closing.finally(() => this.#closing.delete(closing))
    }
  }
}

/** An open port is closed at once, so that nobody reaches it once its provider is said to be gone. */
function closeEntry({ open, opened }: Entry, graceMs: number): Promise<void> {
  if (open !== undefined) return open.close(graceMs)
  return opened.then(
    ({ close }) => close(graceMs),
    () => {},
  )
}

/** The text that a provider is told. */
export function refusalText(error: unknown): string {
  if (error instanceof ServerError || error instanceof ListenError) return error.message
  return 'internal error'
}

function refusal(text: string): ServerError {
  return new ServerError('ERR_SERVER_EXPOSE_REFUSED', text)
}

function isTaken(error: unknown): boolean {
  if (error instanceof ListenError) return error.code === 'EADDRINUSE'
  return error instanceof ServerError && error.code === 'ERR_SERVER_PORT_TAKEN'
}

function isSame(one: Owner, other: Owner): boolean {
  return one.record === other.record && one.instance === other.instance
}

/** Ports of one token: each is a listener. */
const maxTokenExposures = 64

/** Attempts to find a free port: with half of the ports taken, 64 of them fail once in 10^19. */
const maxDrawnPorts = 64

import { type ExposedPort, type Exposure, formatExposure, formatPlace, ListenError } from '@ls/relay'
import { ServerError } from '../errors.js'
import type { ReverseToken } from '../tokens/token-registry.js'
import { tokenId } from '../tokens/token-text.js'
import type { ExposedInfo, ExposedPorts } from './exposed-ports.js'
import { ExposureOpener, type ExposureOpenerOptions, type OpenExposure, refusal } from './exposure-opener.js'
import { type FarName, FarNames } from './hosts/far-names.js'
import type { Owner } from './owner.js'

export interface ExposuresOptions extends ExposureOpenerOptions {
  /** Reason why the policy of a token lets it open nothing now; undefined if it may. */
  refusalOf(record: ReverseToken): string | undefined
  /** Called when a port is open; `exposure` contains the port that was chosen for 0. */
  onOpen(exposure: Exposure, owner: Owner): void
}

/** A port or host name of one owner that is open, or is being opened. */
interface Entry {
  readonly owner: Owner
  /** The exposure as requested. */
  readonly wanted: Exposure
  /** Resolves once it is open. */
  readonly opened: Promise<OpenExposure>
  /** The open exposure, with the port that was chosen. */
  open: OpenExposure | undefined
  isOver: boolean
}

/** An exposure that the operator configured for a token. */
interface Planned {
  readonly record: ReverseToken
  readonly exposure: Exposure
}

/** Ports and host names that the server opens for providers: each leads to a target in the provider's network. */
export class Exposures implements ExposedPorts {
  readonly #options: ExposuresOptions
  readonly #opener: ExposureOpener
  readonly #entries = new Set<Entry>()
  /** Exposures that are closing, by the promise of their last connection's end. */
  readonly #closing = new Map<Promise<void>, Entry>()
  readonly #farNames: FarNames
  #isClosed = false
  /** Exposures that {@link listen} opens. */
  readonly #planned = new Set<Planned>()

  constructor(options: ExposuresOptions) {
    this.#options = options
    this.#opener = new ExposureOpener(options)
    this.#farNames = new FarNames((name) => this.#opener.openFar(name), options.server.logger)
  }

  /** Ports shared by all host names: for HTTP first, then for TLS. */
  get hostPorts(): readonly number[] {
    return this.#options.hosts.ports
  }

  /** All open ports and host names, in the order of opening. */
  list(): ExposedInfo[] {
    return [...this.#entries].flatMap(({ owner: { record, instance, address }, open }) => {
      if (open === undefined) return []
      const { exposure, slots, openedAtMs } = open
      const asker = { token: tokenId(record.token), tokenName: record.policy?.options.name, instance, address }
      return { exposure, ...asker, openedAtMs, connections: slots.used }
    })
  }

  /** The open TCP ports. */
  get ports(): readonly number[] {
    const ofProviders = [...this.#entries].flatMap(({ open }) => {
      const place = open?.exposure.place
      return place?.protocol === 'tcp' ? [place.port] : []
    })
    return [...ofProviders, ...this.#options.hosts.ports]
  }

  /** Open exposures of the providers of a token. */
  of(record: ReverseToken): readonly Exposure[] {
    return [...this.#entries].flatMap(({ owner, open }) => (owner.record === record && open ? [open.exposure] : []))
  }

  /**
   * Opens a port or host name for a provider; a repeated request gives the same result. Resolves with the open
   * exposure.
   *
   * @throws ServerError with the reason for the provider
   */
  async ask(owner: Owner, exposure: Exposure): Promise<Exposure> {
    if (this.#isClosed) throw refusal('the server is draining or closing')
    const asked = formatExposure(exposure)
    const known = [...this.#entries].find(
      (entry) => formatExposure(entry.wanted) === asked && isSame(entry.owner, owner),
    )
    if (known !== undefined) return (await known.opened).exposure
    this.#checkRoom(owner.record)
    const fault = this.#options.refusalOf(owner.record)
    if (fault !== undefined) throw refusal(fault)
    const { place } = exposure
    const isHost = 'host' in place
    if (isHost) this.#options.hosts.checkAllowed(place, owner.record)
    const ports = isHost ? undefined : this.#portsFor(owner.record, place)
    return this.#add(owner, exposure, this.#openAllowed(owner, exposure, ports))
  }

  /**
   * Opens an exposure after a check of its target: without the check, a forbidden target would reset each connection.
   *
   * @throws RelayError for a target that the policy of the token closes
   */
  async #openAllowed(owner: Owner, exposure: Exposure, ports?: Iterable<number>): Promise<OpenExposure> {
    const fault = await this.#options.sourceOf(owner).entryRules?.refusalOf(exposure.target)
    if (fault !== undefined) throw refusal(fault.failure.detail)
    return this.#opener.open(owner, exposure, ports)
  }

  /**
   * Registers an exposure that the operator configured for a token; {@link listen} opens it. Providers cannot take its
   * port, and the lists of allowed ports and names do not apply.
   *
   * @throws ServerError for a TCP port that another part of the server uses
   */
  plan(record: ReverseToken, exposure: Exposure): void {
    this.#opener.reserve(exposure.place)
    this.#planned.add({ record, exposure })
  }

  /**
   * Opens all planned exposures.
   *
   * @throws ListenError for a port that cannot be opened
   */
  async listen(): Promise<void> {
    await this.#options.hosts.listen()
    for (const planned of this.#planned) {
      // Opening it reserves the port again, before any other part can.
      this.#forget(planned)
      await this.#open(planned.record, planned.exposure)
    }
  }

  #forget(planned: Planned): void {
    this.#planned.delete(planned)
    this.#opener.release(planned.exposure.place)
  }

  async #open(record: ReverseToken, exposure: Exposure): Promise<Exposure> {
    const owner = { record, instance: undefined }
    const { place } = exposure
    return this.#add(owner, exposure, this.#opener.open(owner, exposure, 'host' in place ? undefined : [place.port]))
  }

  /** Closes the exposures of a provider that is gone, with all its links and sessions. */
  ownerLeft(record: ReverseToken, instance: string): void {
    this.#closeWhere(({ owner }) => owner.record === record && owner.instance === instance, 0)
  }

  /** Closes the exposures of a removed token; resolves when all its ports are free. */
  async tokenRemoved(record: ReverseToken): Promise<void> {
    for (const planned of this.#planned) if (planned.record === record) this.#forget(planned)
    this.#closeWhere(({ owner }) => owner.record === record, 0)
    await Promise.all(this.#closing.keys())
  }

  /** Sets the providers at other processes that expose a host name. */
  setFarNames(host: string, names: readonly FarName[]): void {
    this.#farNames.set(host, names)
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosed = true
    // A drain may have given those that are closing more time.
    const again = [...this.#closing.values()].map((entry) => closeEntry(entry, graceMs))
    this.#closeWhere(() => true, graceMs)
    await Promise.all([...again, ...this.#closing.keys(), this.#options.hosts.close(graceMs)])
  }

  async #add(owner: Owner, exposure: Exposure, opened: Promise<OpenExposure>): Promise<Exposure> {
    const entry: Entry = {
      owner,
      wanted: exposure,
      opened,
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

  #checkRoom(record: ReverseToken): void {
    const count = [...this.#entries].filter(({ owner }) => owner.record === record).length
    if (count >= maxTokenExposures) throw refusal(`this token exposes ${count} ports, the limit of a token`)
  }

  /** Ports to try for a place. @throws ServerError where the port may not be opened, or another provider uses it */
  #portsFor(record: ReverseToken, place: ExposedPort): Iterable<number> {
    const ports = this.#opener.portsFor(record, place)
    if (place.port !== 0 && this.#has(formatPlace(place)))
      throw refusal(`port ${place.port} is exposed by another provider, or for another target`)
    return ports
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
      this.#closing.set(closing, entry)
      void closing.finally(() => this.#closing.delete(closing))
    }
  }
}

/**
 * Closes an exposure. The port is closed immediately: no connection is accepted after its provider is reported as gone.
 */
function closeEntry({ open, opened }: Entry, graceMs: number): Promise<void> {
  if (open !== undefined) return open.close(graceMs)
  return opened.then(
    ({ close }) => close(graceMs),
    () => {},
  )
}

/** Text of an error that is sent to the provider. */
export function refusalText(error: unknown): string {
  if (error instanceof ServerError || error instanceof ListenError) return error.message
  return 'internal error'
}

function isSame(one: Owner, other: Owner): boolean {
  return one.record === other.record && one.instance === other.instance
}

/** Most exposures of one token: each is a listener. */
const maxTokenExposures = 64

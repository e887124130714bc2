import { checkDurationMs, type Clock, isLocalhost, systemClock } from '@ls/foundation'
import { DialError } from '../errors.js'
import type { Answer, Family } from '../race.js'
import { hostsPath, parseHosts } from '../system/hosts-file.js'
import { type NameSource, parseNsswitch } from '../system/nsswitch.js'
import { parseResolvConf, type ResolvConf, searchNames } from '../system/resolv-conf.js'
import { type BothAnswers, type Lane, systemNames } from '../system/system-names.js'
import { WatchedFile } from '../system/watched-file.js'
import { dnsNames, type DnsNames } from './dns-names.js'
import { parseDnsServer } from './dns-server.js'
import type { LookupOptions, NameResolver } from './name-resolver.js'
import { parseQueryName, type QueryName } from './query-name.js'
import { searchDns } from './search.js'

/** Servers and times of a {@link Resolver}. */
export interface ResolverOptions {
  /**
   * Name servers to query instead of the system's, `ADDR`, `ADDR:PORT` or `[ADDR]:PORT`, in this order. The hosts file
   * still comes first. @default those of the system
   */
  readonly servers?: readonly string[] | undefined
  /**
   * Time limit of a lookup, in milliseconds; less than a dial's, so that a failure is reported as one of the lookup.
   * @default 8000
   */
  readonly timeoutMs?: number | undefined
  /** Purpose of the names: lookups for one purpose never wait for those of the other. @default 'targets' */
  readonly lane?: Lane | undefined
  /** Paths of the system's files. @default the usual ones */
  readonly files?: { readonly hosts?: string; readonly resolvConf?: string; readonly nsswitch?: string } | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
}

/** Systems whose resolver uses the files read here; on others the system's resolver is used. */
const readsFiles = new Set<NodeJS.Platform>(['linux', 'freebsd', 'openbsd', 'netbsd', 'sunos'])

/** Answer for names of RFC 6761 §6.3. */
const loopback: BothAnswers = { 4: { addresses: ['127.0.0.1'] }, 6: { addresses: ['::1'] } }

/**
 * Resolves names as the system would: hosts file, then DNS with search domains, and `getaddrinfo` only for names about
 * which the system may have other sources (nsswitch.conf, macOS, Windows), since each uses one of Node's four threads.
 */
export class Resolver implements NameResolver {
  readonly #servers: readonly string[] | undefined
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #hosts: WatchedFile<ReturnType<typeof parseHosts>>
  readonly #resolvConf: WatchedFile<ResolvConf>
  readonly #nsswitch: WatchedFile<ReturnType<typeof parseNsswitch>>
  readonly #system: ReturnType<typeof systemNames>
  #dns: { readonly conf: ResolvConf; readonly names: DnsNames } | undefined

  /** @throws RangeError for an invalid server, or a time out of range */
  constructor({
    servers = [],
    timeoutMs = 8000,
    lane = 'targets',
    files = {},
    clock = systemClock,
  }: ResolverOptions = {}) {
    this.#servers = servers.length === 0 ? undefined : servers.map(parseDnsServer)
    this.#clock = clock
    this.#timeoutMs = checkDurationMs('timeoutMs', timeoutMs)
    this.#hosts = new WatchedFile(files.hosts ?? hostsPath(), parseHosts, clock)
    this.#resolvConf = new WatchedFile(files.resolvConf ?? '/etc/resolv.conf', parseResolvConf, clock)
    this.#nsswitch = new WatchedFile(files.nsswitch ?? '/etc/nsswitch.conf', parseNsswitch, clock)
    this.#system = systemNames(lane, timeoutMs, clock)
  }

  lookup(host: string, onAnswer: (family: Family, answer: Answer) => void, { tenant }: LookupOptions = {}): () => void {
    const query = parseQueryName(host)
    const known = query === undefined ? absent(host) : this.#withoutAsking(query)
    const answerBoth = (answers: BothAnswers): void => {
      onAnswer(6, answers[6])
      onAnswer(4, answers[4])
    }
    if (query === undefined || known !== undefined) {
      answerBoth(known ?? absent(host))
      return () => {}
    }
    if (this.#sourceOf(query.name) === 'system') return this.#system.query(query.name, tenant, answerBoth)
    const { conf, names } = this.#currentDns()
    return searchDns(names, searchNames(query.name, query.isAbsolute, conf), tenant, onAnswer)
  }

  /** Answers without a query: from the hosts file, for this machine, and for all names if only files may be used. */
  #withoutAsking({ name }: QueryName): BothAnswers | undefined {
    const found = this.#hosts.current().get(name)
    if (found !== undefined) return { 4: { addresses: found[4] }, 6: { addresses: found[6] } }
    if (isLocalhost(name)) return loopback
    return this.#sourceOf(name) === 'files' ? absent(name) : undefined
  }

  #sourceOf(name: string): NameSource {
    if (this.#servers !== undefined) return 'dns'
    if (!readsFiles.has(process.platform)) return 'system'
    return this.#nsswitch.current()(name, this.#resolvConf.current().servers)
  }

  /** Returns the DNS client, new when resolv.conf has changed, since other servers may answer differently. */
  #currentDns(): { readonly conf: ResolvConf; readonly names: DnsNames } {
    const conf = this.#resolvConf.current()
    if (this.#dns?.conf === conf) return this.#dns
    const names = dnsNames({
      servers: this.#servers ?? conf.servers,
      timeoutMs: this.#timeoutMs,
      serverTimeoutMs: conf.timeoutMs,
      clock: this.#clock,
    })
    this.#dns = { conf, names }
    return this.#dns
  }
}

function absent(host: string): BothAnswers {
  const answer: Answer = { addresses: [], error: new DialError('ENOTFOUND', `there is no host ${host}`) }
  return { 4: answer, 6: answer }
}

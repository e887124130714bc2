const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** A span of time on some days of the week, in minutes since midnight. */
interface Span {
  readonly days: ReadonlySet<number>
  readonly from: number
  /** End of the span; smaller than `from` for a span that ends on the next day. */
  readonly to: number
}

/** Hours of the week in which a token may be used. */
export class Hours {
  readonly #spans: readonly Span[]
  readonly #format: Intl.DateTimeFormat

  /**
   * Parses the hours.
   *
   * @param spans `08:00-18:00` for all days, `mon-fri 08:00-18:00`, `sat 22:00-02:00`.
   * @param zone Time zone such as `Europe/Berlin`. @default that of the machine
   * @throws RangeError naming the invalid span or zone
   */
  constructor(spans: readonly string[], zone?: string) {
    this.#spans = spans.map(parseSpan)
    const fields = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { ...fields, timeZone: zone })
    } catch {
      throw new RangeError(`"${zone}" is no time zone such as Europe/Berlin`)
    }
  }

  /** Whether a time, in milliseconds since 1970, is within the hours. */
  include(atMs: number): boolean {
    const parts = new Map(this.#format.formatToParts(atMs).map(({ type, value }) => [type, value]))
    const day = (days as readonly string[]).indexOf((parts.get('weekday') ?? '').toLowerCase())
    const minutes = Number(parts.get('hour')) * 60 + Number(parts.get('minute'))
    return this.#spans.some((span) => isWithin(span, day, minutes))
  }
}

function isWithin({ days: on, from, to }: Span, day: number, minutes: number): boolean {
  if (from < to) return on.has(day) && minutes >= from && minutes < to
  return (on.has(day) && minutes >= from) || (on.has((day + 6) % 7) && minutes < to)
}

function parseSpan(text: string): Span {
  const match = /^(?:([a-z]{3})(?:-([a-z]{3}))? )?(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text.trim().toLowerCase())
  const [first, last] = [dayOf(match?.[1] ?? 'sun'), dayOf(match?.[2] ?? match?.[1] ?? 'sat')]
  const from = minutesOf(match?.[3], match?.[4])
  const to = minutesOf(match?.[5], match?.[6])
  if (match === null || first < 0 || last < 0 || !(from < 1440 && to <= 1440) || from === to) {
    throw new RangeError(`"${text}" is no time such as 08:00-18:00, mon-fri 08:00-18:00 or sat 22:00-02:00`)
  }
  const count = ((last - first + 7) % 7) + 1
  return { days: new Set(Array.from({ length: count }, (_, index) => (first + index) % 7)), from, to }
}

function dayOf(name: string): number {
  return (days as readonly string[]).indexOf(name)
}

/** Minutes since midnight; NaN for an invalid time of day. */
function minutesOf(hours = '', minutes = ''): number {
  return Number(minutes) < 60 ? Number(hours) * 60 + Number(minutes) : Number.NaN
}

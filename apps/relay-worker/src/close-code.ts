/** Returns `code`, or 1000 in place of one that no endpoint may send (RFC 6455 §7.4.1). */
export function closeCode(code: number): number {
  return (code >= 1000 && code <= 1014 && !unsendable.has(code)) || (code >= 3000 && code <= 4999) ? code : 1000
}

const unsendable: ReadonlySet<number> = new Set([1004, 1005, 1006])

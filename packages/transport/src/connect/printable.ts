/** Text from a peer made fit for a log line: no control characters, at most `maxLength` characters. */
export function printable(text: string, maxLength: number): string {
  // eslint-disable-next-line no-control-regex -- removing them is the point
  const clean = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1)}…`
}

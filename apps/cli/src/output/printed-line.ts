/**
 * A line for standard output. In `json` it is an object with the line's name and value, so that a collector which reads
 * both streams finds nothing but JSON.
 */
export function printedLine(line: string, format: 'auto' | 'human' | 'json'): string {
  if (format !== 'json') return `${line}\n`
  const [, name, value] = /^([a-z][a-z ]*): (.*)$/s.exec(line) ?? []
  return `${JSON.stringify(name === undefined ? { text: line } : { name, value })}\n`
}

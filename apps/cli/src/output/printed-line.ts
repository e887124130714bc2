/**
 * A line for standard output. In `json` it is an object with the line's name and value, and the role before it in brackets, so that a collector which reads
 * both streams finds nothing but JSON.
 */
export function printedLine(line: string, format: 'auto' | 'human' | 'json'): string {
  if (format !== 'json') return `${line}\n`
  const [, role, rest = line] = /^\[([^\]]+)\] (.*)$/s.exec(line) ?? []
  const [, name, value] = /^([a-z][a-z ]*): (.*)$/s.exec(rest) ?? []
  return `${JSON.stringify({ role, ...(name === undefined ? { text: rest } : { name, value }) })}\n`
}

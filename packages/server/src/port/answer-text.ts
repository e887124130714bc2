import type { ServerResponse } from 'node:http'

/** Answers with a line of plain text, or with nothing. */
export function answerText(response: ServerResponse, status: number, text: string): void {
  if (text !== '') {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.setHeader('content-length', Buffer.byteLength(text))
  }
  response.writeHead(status)
  response.end(text)
}

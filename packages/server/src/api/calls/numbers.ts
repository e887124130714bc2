import type { Snapshot } from '@ls/foundation'
import { type Answer, ApiRefusal, metricsAnswer, readinessAnswer } from '@ls/observe/http'
import type { ApiCall } from '../api-call.js'

/** `GET /api/snapshot`: all numbers. */
export function showSnapshot({ server }: ApiCall): Answer {
  const body: Snapshot = server.snapshot()
  return { status: 200, body }
}

/** `GET /api/health`: state of a relay, as far as strangers may see it. */
export function showHealth({ server }: ApiCall): Answer {
  const body = server.health()
  if (body === undefined) throw new ApiRefusal(404, 'this server is no relay')
  return { status: 200, body }
}

/** `GET /api/readyz`: 503 with the reasons while the server is not ready. */
export function showReadiness({ server }: ApiCall): Answer {
  return readinessAnswer(server.snapshot())
}

/** `GET /api/metrics`: all numbers for Prometheus, if the program can write them. */
export async function showMetrics({ writeMetrics, accept }: ApiCall): Promise<Answer> {
  if (writeMetrics === undefined) throw new ApiRefusal(404, 'this program writes no metrics')
  return metricsAnswer(await writeMetrics(accept))
}

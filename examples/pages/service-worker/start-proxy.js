/**
 * Registers the worker, and sends it the server and the ticket that the backend of the page made.
 *
 * @param {{ readonly server: string, readonly ticket: string }} link
 * @returns {Promise<string>} `linked`, or why not
 */
export async function startProxy({ server, ticket }) {
  const registration = await navigator.serviceWorker.register('/worker.js')
  await navigator.serviceWorker.ready
  const { port1, port2 } = new MessageChannel()
  const answer = new Promise((resolve) =>
    port1.addEventListener('message', ({ data }) => resolve(data), { once: true }),
  )
  port1.start()
  registration.active?.postMessage({ server, ticket }, [port2])
  return answer
}

const section = document.querySelector('section')

/** @param {{ readonly title?: string, readonly text: string }} what */
export function show({ title, text }) {
  section?.removeAttribute('hidden')
  const [heading, line] = [section?.querySelector('h2'), section?.querySelector('p')]
  if (heading && title !== undefined) heading.textContent = title
  if (line) line.textContent = text
}

/**
 * Passes a file on, and shows how much of it has passed.
 *
 * @param {number} size In bytes
 * @returns {TransformStream<Uint8Array, Uint8Array>} fails at its end where bytes are missing
 */
export function count(size) {
  const bar = section?.querySelector('progress')
  let passed = 0
  return new TransformStream({
    transform(chunk, controller) {
      passed += chunk.length
      if (bar) bar.value = size === 0 ? 1 : passed / size
      controller.enqueue(chunk)
    },
    flush() {
      if (passed !== size) throw new Error(`${passed} of ${size} bytes came: the sender has left`)
    },
  })
}

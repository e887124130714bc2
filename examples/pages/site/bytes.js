/** @param {Uint8Array} left @param {Uint8Array} right */
export function join(left, right) {
  const both = new Uint8Array(left.length + right.length)
  both.set(left)
  both.set(right, left.length)
  return both
}

/**
 * Returns the position of `what` in `bytes`; -1 if it is not there. @param {Uint8Array} bytes @param {Uint8Array} what
 */
export function find(bytes, what) {
  const [first = 0] = what
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
    if (what.every((byte, offset) => bytes[at + offset] === byte)) return at
  return -1
}

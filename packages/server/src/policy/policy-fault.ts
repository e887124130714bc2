/** A policy that cannot be. The message begins with the key. */
export class PolicyFault extends RangeError {
  override readonly name = 'PolicyFault'
  /** Where it is, from the outermost key to the innermost: `['policy', 'rate', 'up']`. */
  readonly path: readonly string[]

  constructor(path: readonly string[], what: string, options?: ErrorOptions) {
    super(`${path.join('.')} ${what}`, options)
    this.path = path
  }
}

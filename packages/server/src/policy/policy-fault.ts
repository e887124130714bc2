/** Error for an invalid policy. The message begins with the key. */
export class PolicyFault extends RangeError {
  override readonly name = 'PolicyFault'
  /** Path of the key, from the outermost to the innermost: `['policy', 'rate', 'up']`. */
  readonly path: readonly string[]

  constructor(path: readonly string[], what: string, options?: ErrorOptions) {
    super(`${path.join('.')} ${what}`, options)
    this.path = path
  }
}

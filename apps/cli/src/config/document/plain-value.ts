import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'

/** Most levels of a value: a policy has three. */
const maxLevels = 16

/** Most values in a value. Aliases can name more than the file has bytes. */
const maxValues = 100_000

/** Returns what an alias means; undefined for nothing. */
export type Resolve = (node: Node | undefined) => Node | undefined

/** Converts a node to a value of JSON. @throws Error for one that is too deep or too large, also by its aliases */
export function plainValue(node: Node | undefined, resolve: Resolve): unknown {
  let values = 0
  const convert = (each: Node | undefined, level: number): unknown => {
    if (level > maxLevels) throw new Error(`has more than ${maxLevels} levels, or contains itself`)
    if (++values > maxValues) throw new Error(`has more than ${maxValues} values`)
    const known = isAlias(each) ? resolve(each) : each
    if (isScalar(known)) return known.value
    if (isSeq<Node>(known)) return known.items.map((item) => convert(item, level + 1))
    if (!isMap<Node, Node | null>(known)) return null
    return Object.fromEntries(
      known.items.map(({ key, value }) => [
        String(isScalar(key) ? key.value : key),
        convert(value ?? undefined, level + 1),
      ]),
    )
  }
  return convert(node, 0)
}

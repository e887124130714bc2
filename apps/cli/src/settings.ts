import type { CommandName } from './command.js'
import type { flags } from './flags.js'

type Row = (typeof flags)[number]

/** Rows with a setting; flags without effect have none. */
type NamedRow = Exclude<Row, { readonly ignored: string }>

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name

type ValueOf<R extends NamedRow> = R extends { readonly type: 'integer' | 'duration' | 'count' }
  ? number
  : R extends { readonly type: 'boolean' }
    ? boolean
    : R extends { readonly type: 'list' }
      ? readonly Text<R>[]
      : R extends { readonly default: string }
        ? Text<R>
        : Text<R> | undefined

type Text<R extends NamedRow> = R extends { readonly choices: readonly (infer Choice)[] } ? Choice : string

/** Values of a command's flags by setting name, with defaults: `{ socksPort: number, … }`. */
export type Settings<C extends CommandName> = {
  readonly [R in NamedRow as C extends R['commands'][number] ? Camel<R['name']> : never]: ValueOf<R>
}

/** Values of the flags that each token of a server may have for itself. */
export type TokenSettings = {
  readonly [R in Extract<NamedRow, { readonly perToken: true }> as Camel<R['name']>]: ValueOf<R>
}

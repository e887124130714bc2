import type { Flag } from '../flag.js'
import { defaultText, limitText } from '../help/help.js'
import { policySchema } from './policy-schema.js'
import {
  maxRoles,
  maxTokens,
  processFlags,
  roleFlags,
  type RoleKind,
  roleNamePattern,
  roleSections,
  tokenFlags,
  tokensKey,
} from './structure.js'

type Schema = Readonly<Record<string, unknown>>

/** JSON Schema of configuration files, generated from the table of flags: spec/config.schema.json. */
export function configSchema(): Schema {
  const sections = roleSections.map(({ key, kind, help }) => [
    key,
    {
      description: help,
      type: ['object', 'null'],
      maxProperties: maxRoles,
      propertyNames: { pattern: roleNamePattern },
      additionalProperties: roleSchema(kind),
    },
  ])
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of LinkSocks',
    description: 'File of linksocks run; docs/guide/configuration.md explains it',
    type: 'object',
    additionalProperties: false,
    properties: { ...properties(processFlags()), ...Object.fromEntries(sections) },
  }
}

function roleSchema(kind: RoleKind): Schema {
  const tokens = {
    description: tokensKey.help,
    type: 'array',
    maxItems: maxTokens,
    items: { type: 'object', additionalProperties: false, required: ['token'], properties: properties(tokenFlags()) },
  }
  return {
    type: ['object', 'null'],
    additionalProperties: false,
    properties: { ...properties(roleFlags(kind)), ...(kind === 'server' ? { [tokensKey.key]: tokens } : {}) },
  }
}

function properties(flags: readonly Flag[]): Schema {
  return Object.fromEntries(flags.map((flag) => [flag.name, flagSchema(flag)]))
}

function flagSchema(flag: Flag): Schema {
  return { description: descriptionOf(flag), ...valueSchema(flag) }
}

/** Schema of a key's value, which may be a reference such as `${NAME}` everywhere. */
function valueSchema(flag: Flag): Schema {
  switch (flag.type) {
    case 'integer':
      return {
        anyOf: [{ type: 'integer', minimum: flag.min, maximum: flag.max }, referenceSchema],
        default: flag.default,
      }
    case 'count':
      return { anyOf: [{ type: 'integer', minimum: 0, maximum: flag.max }, { type: 'boolean' }, referenceSchema] }
    case 'boolean':
      return { anyOf: [{ type: 'boolean' }, referenceSchema], default: false }
    case 'duration':
      return { anyOf: [{ type: 'string', pattern: durationPattern }, { const: 0 }, referenceSchema] }
    case 'string':
      if (flag.holds === 'policy') return { anyOf: [policySchema, { type: 'string' }] }
      return { ...textSchema(flag), ...(flag.default === undefined ? {} : { default: flag.default }) }
    case 'list':
      return { anyOf: [textSchema(flag), { type: 'array', items: textSchema(flag) }] }
  }
}

const referenceSchema: Schema = { type: 'string', pattern: String.raw`\$\{[A-Za-z_][A-Za-z0-9_]*\}` }
const durationPattern = String.raw`^(0|(\d{1,9}(\.\d{1,9})?(ms|s|m|h)){1,4})$`

function textSchema(flag: Flag): Schema {
  if ('choices' in flag && flag.choices !== undefined) return { anyOf: [{ enum: flag.choices }, referenceSchema] }
  // YAML reads a value that consists of digits as a number.
  return { type: ['string', 'number', 'boolean'] }
}

function descriptionOf(flag: Flag): string {
  const limit = flag.type === 'integer' ? limitText(flag) : undefined
  const text = defaultText(flag)
  const facts = [limit, text === undefined ? undefined : `default ${text}`].filter((fact) => fact !== undefined)
  return facts.length === 0 ? flag.help : `${flag.help} (${facts.join(', ')})`
}

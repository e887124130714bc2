/** Writes the page of the management API, by endpoint, from its OpenAPI description. */
export function apiPage({ info, paths, components }) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ['get', 'post', 'put', 'delete', 'patch'].includes(method))
      .map(([method, operation]) => operationSection(components, method, path, operation)),
  )
  return ['---\neditLink: false\n---', `# ${info.title}`, info.description, ...operations]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n')
}

function operationSection(components, method, path, operation) {
  const { summary, description, parameters = [], requestBody, responses = {} } = operation
  return [
    `## \`${method.toUpperCase()} ${path}\``,
    summary,
    description,
    ...table(
      ['Parameter', 'In', 'Meaning'],
      parameters.map((each) => parameterRow(resolve(components, each))),
    ),
    ...bodyTable(components, requestBody),
    ...table(
      ['Status', 'Meaning'],
      Object.entries(responses).map(([status, each]) => [`\`${status}\``, resolve(components, each).description]),
    ),
  ]
    .filter(Boolean)
    .join('\n\n')
}

function parameterRow({ name, in: place, description, required }) {
  return [`\`${name}\`${required ? ', required' : ''}`, place, description ?? '']
}

function bodyTable(components, requestBody) {
  const schema = Object.values(requestBody?.content ?? {})[0]?.schema
  if (schema === undefined) return []
  const { properties = {}, required = [] } = resolve(components, schema)
  const rows = Object.entries(properties).map(([name, each]) => {
    const { type, description, enum: values, default: standard } = resolve(components, each)
    const kind = values ? values.map((value) => `\`${value}\``).join(', ') : [type].flat().join(' or ')
    const preset = standard === undefined ? '' : ` Default: \`${standard}\`.`
    return [`\`${name}\`${required.includes(name) ? ', required' : ''}`, kind, `${description ?? ''}${preset}`]
  })
  return table(['Field', 'Type', 'Meaning'], rows)
}

/** Follows a `$ref` within the document. */
function resolve(components, value) {
  if (value.$ref === undefined) return value
  const [, , kind, name] = value.$ref.split('/')
  return components[kind][name]
}

function table(header, rows) {
  if (rows.length === 0) return []
  const line = (cells) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [[line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')]
}

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { routes } from './routes.js'

const source = readFileSync(new URL('../../../../spec/openapi.json', import.meta.url), 'utf8')

/** Text that the module must have; `npx vitest run packages/server/src/api/openapi-json.test.ts -u` writes it. */
function moduleText(): string {
  const text = JSON.stringify(JSON.parse(source)).replaceAll('\\', '\\\\').replaceAll("'", "\\'")
  return `/** spec/openapi.json as one line. Made by openapi-json.test.ts: change spec/openapi.json instead. */
export const openApiJson =
  '${text}'
`
}

test('openApiJson is what spec/openapi.json says', async () => {
  await expect(moduleText()).toMatchFileSnapshot('./openapi-json.ts')
})

test('routes are those of the document', () => {
  const { paths } = JSON.parse(source) as { paths: Record<string, object> }
  const documented = Object.entries(paths).map(([path, methods]) => `${path}: ${Object.keys(methods).join()}`)
  const served = routes.map(({ path, methods }) => `${path}: ${Object.keys(methods).join().toLowerCase()}`)
  expect(served).toEqual(documented)
})

import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import * as api from './index.js'

test('@ls/dashboard exports exactly these names', () => {
  expect(Object.keys(api).toSorted()).toMatchInlineSnapshot(`
    [
      "dashboardFiles",
    ]
  `)
})

test('dashboardFiles has a page that asks for files that are there', async () => {
  const files = await api.dashboardFiles()
  const page = gunzipSync(files.get('index.html')?.gzip ?? '').toString()
  const asked = [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name]) => name)
  expect(new Set(asked)).toEqual(new Set([...files.keys()].filter((name) => name !== 'index.html')))
})

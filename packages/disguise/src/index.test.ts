import { expect, test } from 'vitest'
import * as disguise from './index.js'

test('@ls/disguise exports exactly these names', () => {
  expect(Object.keys(disguise).toSorted()).toEqual(['connectAsBrowser', 'fingerprints', 'openBrowserDialer'])
})

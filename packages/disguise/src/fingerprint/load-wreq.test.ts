import { expect, test } from 'vitest'
import { loadWreq } from './load-wreq.js'

test('loadWreq says what to install where the package is missing', async () => {
  const missing = Object.assign(new Error("Cannot find package 'wreq-js'"), { code: 'ERR_MODULE_NOT_FOUND' })
  await expect(loadWreq(() => Promise.reject(missing))).rejects.toMatchObject({
    code: 'ERR_TRANSPORT_FINGERPRINT',
    message: expect.stringMatching(/^[^\n]*run 'npm install wreq-js'[^\n]*$/) as string,
    cause: missing,
  })
})

test('loadWreq says so where the package is there and does not load', async () => {
  const broken = new Error('no prebuilt library\nfor this machine')
  await expect(loadWreq(() => Promise.reject(broken))).rejects.toMatchObject({
    code: 'ERR_TRANSPORT_FINGERPRINT',
    message: expect.stringMatching(
      /^the package wreq-js does not load on this machine \(.*\): no prebuilt library$/,
    ) as string,
  })
})

test('loadWreq loads the package', async () => {
  expect(await loadWreq()).toHaveProperty('createSession')
})

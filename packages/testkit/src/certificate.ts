/** A self-signed certificate for tests, in PEM. */
export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

/** P-256, valid for a hundred years for localhost, server.test and 127.0.0.1. It guards nothing. */
const KEY =
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgoklKf3q/bIJf1GdzLtWPVgK+Se97ID2Kda279U9qVO2hRANCAARQ' +
  'fby8L0ZEqVHec3cdVb+rYBz3nSn2QMiRAn1D0h8gwNgq7Nw90G2KYf1glslkpp0fGO75W4GlN6MrknKzIZTC'
const CERT =
  'MIIBqDCCAU6gAwIBAgIUOzb5Vs3bmiI4Redz0sH2A5ezUdIwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2' +
  'MTEyMTAzMzUzMFoYDzIxMjYxMDI4MDMzNTMwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC' +
  'AARQfby8L0ZEqVHec3cdVb+rYBz3nSn2QMiRAn1D0h8gwNgq7Nw90G2KYf1glslkpp0fGO75W4GlN6MrknKzIZTCo3wwejAdBgNV' +
  'HQ4EFgQUhWflXW+lRH89vY7o5R/TrF/an7IwHwYDVR0jBBgwFoAUhWflXW+lRH89vY7o5R/TrF/an7IwDwYDVR0TAQH/BAUwAwEB' +
  '/zAnBgNVHREEIDAegglsb2NhbGhvc3SCC3NlcnZlci50ZXN0hwR/AAABMAoGCCqGSM49BAMCA0gAMEUCIQDfRbyJkxnLbg5enTx/' +
  'F08HtsvBgu66WtqbgwXaObnxXAIgbf7bwFf4FrawoiyvF1yFI3JFXwvTVFnAN3xDsIUoik4='

/** The key and certificate that TLS tests share; give `cert` to the client as its `ca` too. */
export function testCertificate(): TestCertificate {
  return { key: pem('PRIVATE KEY', KEY), cert: pem('CERTIFICATE', CERT) }
}

function pem(label: string, base64: string): string {
  return `-----BEGIN ${label}-----\n${base64.replaceAll(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`
}

/** JSON Schema of a policy; spec/openapi.json has the same keys, and a test compares them. */
export const policySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 64, description: 'Name in logs and lists' },
    note: { type: 'string', minLength: 1, maxLength: 1000, description: 'For people' },
    allow: listOf('Targets, ADDR:PORT; one must match'),
    deny: listOf('Targets denied even if allow matches: ADDR, ADDR:PORT or :PORT'),
    guard: { enum: ['none', 'local', 'private'], description: 'Denies addresses near the exit' },
    sources: listOf('Addresses and networks that clients may come from'),
    roles: {
      type: 'array',
      minItems: 1,
      maxItems: 3,
      items: { enum: ['client', 'provider', 'connector'] },
      description: 'Roles that clients may have',
    },
    maxChannels: countOf('Limit on open connections and UDP associations'),
    maxLinks: countOf('Limit on open links'),
    rate: objectOf('Bytes a second, shared by all connections', {
      up: amountOf('From users to targets, such as 10Mbit'),
      down: amountOf('From targets to users'),
      burst: amountOf('Bytes of a burst after an idle time'),
    }),
    quota: objectOf('Bytes in a day and in a month of UTC', {
      day: amountOf('Such as 10GB'),
      month: amountOf('Such as 200GB'),
      atEnd: { enum: ['refuse', 'end', 'slow'], description: 'Action when it is used up' },
      rate: amountOf('Bytes a second in each direction, for slow'),
    }),
    expiresAt: { type: 'string', description: 'The end, such as 2027-01-31T00:00:00Z' },
    hours: {
      ...objectOf('When links and connections may begin', {
        open: {
          type: 'array',
          minItems: 1,
          maxItems: 100,
          items: { type: 'string' },
          description: 'Such as mon-fri 08:00-18:00',
        },
        zone: { type: 'string', description: 'Such as Europe/Berlin' },
      }),
      required: ['open'],
    },
  },
} as const

function listOf(description: string) {
  return { type: 'array', minItems: 1, maxItems: 1000, items: { type: 'string' }, description }
}

function countOf(description: string) {
  return { type: 'integer', minimum: 1, maximum: 1_000_000, description }
}

function amountOf(description: string) {
  return { type: ['integer', 'string'], description }
}

function objectOf(description: string, properties: object) {
  return { type: 'object', additionalProperties: false, description, properties }
}

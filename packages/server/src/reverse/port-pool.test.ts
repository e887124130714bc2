import { describe, expect, test } from 'vitest'
import { PortPool } from './port-pool.js'

describe('PortPool', () => {
  test('take gives each port of the pool once', () => {
    const pool = new PortPool([2000, 2004])
    const ports = Array.from({ length: 5 }, () => pool.take())
    expect(new Set(ports)).toEqual(new Set([2000, 2001, 2002, 2003, 2004]))
  })

  test('take throws when all ports of the pool are taken', () => {
    const pool = new PortPool([2000, 2000])
    pool.take()
    expect(() => pool.take()).toThrow('all 1 ports from 2000 to 2000 are in use')
  })

  test('take gives a wanted port outside the pool', () => {
    expect(new PortPool([2000, 2001]).take({ wanted: 443 })).toBe(443)
  })

  test('take refuses a wanted port that is taken, in the words of deployed servers', () => {
    const pool = new PortPool([2000, 2001])
    pool.take({ wanted: 443 })
    expect(() => pool.take({ wanted: 443 })).toThrow('cannot allocate port: 443')
  })

  test('take lets the system choose port 0 each time', () => {
    const pool = new PortPool([2000, 2001])
    expect({ first: pool.take({ wanted: 0 }), second: pool.take({ wanted: 0 }) }).toEqual({ first: 0, second: 0 })
  })

  test('take never chooses the excepted port', () => {
    const pool = new PortPool([2000, 2001])
    expect(pool.take({ except: 2000 })).toBe(2001)
    expect(() => pool.take({ except: 2000 })).toThrow('are in use')
  })

  test('take refuses the excepted port', () => {
    expect(() => new PortPool([2000, 2001]).take({ wanted: 2000, except: 2000 })).toThrow('cannot allocate port: 2000')
  })

  test('release makes a port free', () => {
    const pool = new PortPool([2000, 2000])
    pool.release(pool.take())
    expect(pool.take()).toBe(2000)
  })
})

import { expect, test } from 'vitest'
import { mappingServices, textOfTag } from './gateway-description.js'

const here = new URL('http://192.168.1.1:5000/device/desc.xml')

function service(name: string, control: string): string {
  return `<service><serviceType>urn:schemas-upnp-org:service:${name}</serviceType><controlURL>${control}</controlURL></service>`
}

function controls(xml: string): string[] {
  return mappingServices(xml, here).map(({ control }) => control.href)
}

test('mappingServices finds the services that map ports, the newest first', () => {
  const xml =
    service('WANPPPConnection:1', '/ppp') + service('WANIPConnection:1', '/one') + service('Other:1', '/other')
  expect(controls(xml)).toEqual(['http://192.168.1.1:5000/one', 'http://192.168.1.1:5000/ppp'])
})

test('mappingServices takes a relative URL from the description, or from URLBase', () => {
  const relative = service('WANIPConnection:1', 'ctl')
  const base = '<URLBase>http://192.168.1.1:80/base/</URLBase>'
  expect({ alone: controls(relative), withBase: controls(base + relative) }).toEqual({
    alone: ['http://192.168.1.1:5000/device/ctl'],
    withBase: ['http://192.168.1.1/base/ctl'],
  })
})

test('mappingServices ignores a service on another machine', () => {
  expect(controls(service('WANIPConnection:1', 'http://192.168.1.2/ctl'))).toEqual([])
})

test('mappingServices takes eight services at most: each is tried for up to 2 s', () => {
  const many = Array.from({ length: 2000 }, (_, index) => service('WANIPConnection:1', `/${index}`))
  expect(controls(many.join(''))).toHaveLength(8)
})

test('mappingServices ignores what is not valid', () => {
  expect(controls(`<service></service>${service('WANIPConnection:1', 'http://[')}<service>`)).toEqual([])
})

test('textOfTag reads a name with a prefix and attributes', () => {
  expect(textOfTag('<a><u:port type="ui2"> 5 </u:port></a>', 'port')).toBe('5')
})

test('textOfTag reads a long text without an end once, not once for each beginning', () => {
  expect(textOfTag('<port '.repeat(40_000), 'port')).toBeUndefined()
})

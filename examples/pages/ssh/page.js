import '../site/node-globals.js'
import { FitAddon } from '@xterm/addon-fit'
import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import '../site/style.css'
import { onSubmit } from '../site/form.js'
import { linkTo } from '../site/page-link.js'
import { trustHost } from './known-hosts.js'
import { openShell } from './shell.js'

onSubmit(async ({ host, port, username, password, key }) => {
  const target = { host, port: Number(port) }
  const { link } = await linkTo(target)
  const { terminal, size } = openTerminal()
  try {
    const shell = await openShell(link.openTcp(target), {
      username,
      password,
      key,
      size,
      trust: (fingerprint) => trustHost(`${host}:${port}`, fingerprint, confirm),
      onOutput: (bytes) => terminal.write(bytes),
    })
    terminal.onData((text) => shell.write(text))
    terminal.onResize(({ cols, rows }) => shell.resize({ columns: cols, rows }))
    terminal.focus()
    await shell.closed
    terminal.write('\r\n\x1b[2mThe session has ended.\x1b[0m\r\n')
  } finally {
    link.close()
  }
})

function openTerminal() {
  const place = /** @type {HTMLElement} */ (document.querySelector('#terminal'))
  place.replaceChildren()
  place.parentElement?.removeAttribute('hidden')
  const terminal = new Terminal({ cursorBlink: true, fontSize: 14 })
  const fit = new FitAddon()
  terminal.loadAddon(fit)
  terminal.open(place)
  fit.fit()
  addEventListener('resize', () => fit.fit())
  return { terminal, size: { columns: terminal.cols, rows: terminal.rows } }
}

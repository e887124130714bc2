import postgres from 'postgres'
import '../site/style.css'
import { onSubmit } from '../site/form.js'
import { linkTo } from '../site/page-link.js'
import { socketOf } from './socket.js'

onSubmit(async ({ host, port, sql, ...account }) => {
  const target = { host, port: Number(port) }
  const { link } = await linkTo(target)
  // The driver's types lack `socket`.
  const options = { ...account, host, port: target.port, max: 1, socket: () => socketOf(link.openTcp(target)) }
  const database = postgres(/** @type {any} */ (options))
  try {
    show(await database.unsafe(sql))
  } finally {
    await database.end()
    link.close()
  }
})

/** @param {readonly Record<string, unknown>[] & { columns?: readonly { name: string }[] }} rows */
function show(rows) {
  const columns = rows.columns?.map(({ name }) => name) ?? []
  const table = document.querySelector('table')
  table?.replaceChildren(
    row('th', columns),
    ...rows.map((each) =>
      row(
        'td',
        columns.map((name) => textOf(each[name])),
      ),
    ),
  )
  table?.parentElement?.removeAttribute('hidden')
}

/** @param {'th' | 'td'} kind @param {readonly string[]} texts */
function row(kind, texts) {
  const tr = document.createElement('tr')
  tr.append(...texts.map((text) => Object.assign(document.createElement(kind), { textContent: text })))
  return tr
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

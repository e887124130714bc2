import '../site/style.css'
import { onSubmit } from '../site/form.js'
import { linkTo } from '../site/page-link.js'
import { pictures } from './pictures.js'

onSubmit(async ({ url }) => {
  const { link, visit } = await linkTo({ url })
  try {
    const response = await link.fetch(visit.url)
    if (!response.ok) throw new Error(`the camera answers ${response.status}`)
    for await (const picture of pictures(response)) {
      show(picture)
      if (document.hidden) await isShown()
    }
  } finally {
    link.close()
  }
})

/** @param {Blob} picture */
function show(picture) {
  const figure = document.querySelector('figure')
  const image = /** @type {HTMLImageElement} */ (figure?.querySelector('img'))
  const count = /** @type {HTMLOutputElement} */ (figure?.querySelector('output'))
  URL.revokeObjectURL(image.src)
  image.src = URL.createObjectURL(picture)
  count.value = String(Number(count.value) + 1)
  figure?.removeAttribute('hidden')
}

/** @returns {Promise<unknown>} */
function isShown() {
  return new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }))
}

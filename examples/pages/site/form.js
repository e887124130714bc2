/**
 * Calls `submit` with the fields of the page's form, and shows its error. The button is disabled meanwhile.
 *
 * @param {(fields: Record<string, string>) => Promise<void>} submit
 */
export function onSubmit(submit) {
  const form = /** @type {HTMLFormElement} */ (document.querySelector('form'))
  const fault = /** @type {HTMLElement} */ (document.querySelector('.fault'))
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void run()
  })

  async function run() {
    fault.textContent = ''
    button.disabled = true
    try {
      await submit(/** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form))))
    } catch (error) {
      fault.textContent = error instanceof Error ? error.message : String(error)
    } finally {
      button.disabled = false
    }
  }
}

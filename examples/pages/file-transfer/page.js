import '../site/style.css'
import { onSubmit } from '../site/form.js'
import { receive } from './receive.js'
import { share } from './share.js'

// The receiver's link has the room after a '#', which no browser sends to a server.
const room = location.hash.slice(1)
const [shown, other] = room === '' ? ['#send', '#receive'] : ['#receive', '#send']
document.querySelector(other)?.remove()
document.querySelector(shown)?.removeAttribute('hidden')
onSubmit((fields) => (room === '' ? share(/** @type {any} */ (fields).file) : receive(room)))

import { render } from 'preact'
import { findSession } from './api/session.js'
import { App } from './shell/app.js'

const root = document.querySelector('#app')
if (root !== null) render(<App />, root)
void findSession()

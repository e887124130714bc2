import type { Shell } from '../command.js'
import { renderBash } from './bash.js'
import { renderFish } from './fish.js'
import { renderPowerShell } from './powershell.js'
import { vocabulary } from './vocabulary.js'
import { renderZsh } from './zsh.js'

/** Completion script of `shell` for the commands, the flags and their values. */
export function renderCompletion(shell: Shell): string {
  return renderers[shell](vocabulary())
}

const renderers = { bash: renderBash, zsh: renderZsh, fish: renderFish, powershell: renderPowerShell }

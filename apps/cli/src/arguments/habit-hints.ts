/** Hint for a flag of other programs; undefined for an unknown one. */
export function habitHint(rawName: string): string | undefined {
  const hint = hints[rawName.replace(/=.*/s, '')]
  return hint === undefined ? undefined : `; ${hint}`
}

/** Hint for a word that is no command; undefined for an unknown one. */
export function wordHint(word: string): string | undefined {
  return word === 'man' || word === 'manual' ? '; the manual page is printed by: linksocks help --man' : undefined
}

const fileOfRun = 'a configuration file is for another command: linksocks run -c FILE'
const moreLogs = 'more is logged with --debug (-d), and the version is --version (-V)'
const lessLogs = 'less is logged with --log-level warn'

const hints: Readonly<Record<string, string>> = {
  '--config': fileOfRun,
  '--config-file': fileOfRun,
  '--conf': fileOfRun,
  '-v': moreLogs,
  '--verbose': moreLogs,
  '-q': lessLogs,
  '--quiet': lessLogs,
  '--silent': lessLogs,
}

import { addressStep } from './address-step.js'
import type { Examination, Step, Subject } from './examination.js'
import { failure, type Finding, stepNames } from './finding.js'
import { idleStep } from './idle-step.js'
import { linkStep } from './link-step.js'
import { namesStep } from './names-step.js'
import { probeStep } from './probe-step.js'
import { proxyStep } from './proxy-step.js'
import { tlsStep } from './tls-step.js'

/**
 * Performs the steps of a link one after the other and reports the findings. Never throws and never hangs, since each
 * step has a deadline. Steps after a failed one are skipped.
 */
export async function examine(subject: Subject, report: (finding: Finding) => void): Promise<void> {
  const findings: Finding[] = []
  const take = (finding: Finding): void => {
    findings.push(finding)
    report(finding)
  }
  const examination: Examination = { ...subject, report: take, hasProxy: false, hasTlsProxy: false, addresses: [] }
  for (const step of [
    proxyStep,
    namesStep,
    addressStep,
    tlsStep,
    linkStep,
    probeStep(subject.speedMs),
    idleStep(subject.idleMs),
  ]) {
    if (!(await runStep(step, examination))) return skipRest(findings, report)
  }
}

function skipRest(findings: readonly Finding[], report: (finding: Finding) => void): void {
  const failed = findings.findLast(({ level }) => level === 'FAIL')?.step ?? 'proxy'
  const last = Math.max(...findings.map(({ step }) => stepNames.indexOf(step)))
  for (const step of stepNames.slice(last + 1)) {
    report({ step, level: 'SKIP', text: `not examined, since ${failed} failed` })
  }
}

async function runStep(step: Step, examination: Examination): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const text = `there was no result within ${step.timeoutMs / 1000} s`
    timer = setTimeout(() => reject(new Error(text)), step.timeoutMs)
    examination.signal.addEventListener('abort', () => reject(new Error('the examination was ended')), { once: true })
  })
  try {
    return await Promise.race([step.run(examination), late])
  } catch (error) {
    examination.report(failure(step.name, error))
    return false
  } finally {
    clearTimeout(timer)
  }
}

import { randomBytes } from 'node:crypto'
import { RulewireError, reasonOf, rulewireError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { ErrorAnswer } from './protocol.ts'

/** What a client gets for anything that was thrown. Only errors of the table are shown; others go to the log under a number. */
export function errorAnswer(thrown: unknown, log: Log): { status: number; body: ErrorAnswer } {
  const error = thrown instanceof RulewireError ? thrown : translate(thrown, log)
  const { status, code, message: text, hint, at, problems } = error
  const body: ErrorAnswer = { code, text, hint }
  if (at !== undefined) body.at = at
  if (problems.length > 0) body.problems = [...problems]
  return { status, body }
}

/** Errors of express carry a status of 4xx; what has none is a defect. */
function translate(thrown: unknown, log: Log): RulewireError {
  const { status } = fieldsOf(thrown)
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const values = { detail: `The request is broken: ${reasonOf(thrown)}.`, wanted: 'Mend it and send it again.' }
    return rulewireError('BAD_REQUEST', values, { cause: thrown })
  }
  const number = randomBytes(4).toString('hex')
  log('error', `request failed, number ${number}: ${reasonOf(thrown)}`, thrown)
  return rulewireError('INTERNAL', { detail: `number ${number}` }, { cause: thrown })
}

function fieldsOf(thrown: unknown): { status?: unknown } {
  return typeof thrown === 'object' && thrown !== null ? thrown : {}
}

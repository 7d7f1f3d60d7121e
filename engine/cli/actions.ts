import { rulewireError, suggestion } from '../errors.ts'

/** One of several things that a command does: `rulewire users add ...`. */
export interface Action<Input> {
  /** Words behind its name, as help shows them: `NAME ROLE`. */
  readonly words: string
  run(input: Input, words: readonly string[]): Promise<number>
}

/**
 * Runs the action that the first word names, with exactly the words that it takes. Throws UNKNOWN_COMMAND, MISSING_ARGUMENT and
 * SURPLUS_ARGUMENT; a word too many is shown in part only, because it may be a password.
 */
export function runAction<Input extends { words: readonly string[] }>(
  command: string,
  actions: Readonly<Record<string, Action<Input>>>,
  input: Input,
): Promise<number> {
  const [name = 'list', ...words] = input.words
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (action === undefined) {
    const names = Object.keys(actions)
    const values = { command: `${command} ${name}`, suggestion: suggestion(name, names), commands: names.join(', ') }
    throw rulewireError('UNKNOWN_COMMAND', values)
  }
  const wanted = action.words === '' ? [] : action.words.split(' ')
  const values = { command: `${command} ${name}`, usage: `rulewire ${command} ${name} ${action.words}`.trim() }
  const missing = wanted[words.length]
  if (missing !== undefined) throw rulewireError('MISSING_ARGUMENT', { ...values, what: missing })
  const surplus = words[wanted.length]
  if (surplus !== undefined)
    throw rulewireError('SURPLUS_ARGUMENT', { ...values, argument: `${surplus.slice(0, 1)}...` })
  return action.run(input, words)
}

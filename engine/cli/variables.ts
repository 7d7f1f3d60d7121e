import { suggestion } from '../errors.ts'
import { startOptions } from './start-options.ts'

/** Sentences about variables that look like settings and that nothing reads. */
export function straySettings(env: Readonly<Record<string, string | undefined>>): string[] {
  const variables = Object.values(startOptions).flatMap(({ variable }) => variable ?? [])
  return strayVariables(env, [...variables, 'RULEWIRE_URL', 'RULEWIRE_TOKEN'])
}

/**
 * Sentences about environment variables that begin with RULEWIRE_ and that nothing reads: most likely written wrongly.
 *
 * @param known names that options read; those of secrets are known by their beginning
 */
export function strayVariables(env: Readonly<Record<string, string | undefined>>, known: Iterable<string>): string[] {
  const names = new Set(known)
  const stray = Object.keys(env).filter((name) => name.startsWith('RULEWIRE_') && !names.has(name))
  return stray
    .filter((name) => !name.startsWith('RULEWIRE_SECRET_'))
    .map((name) => `The variable ${name} is set and nothing reads it${suggestion(name, names)}.`.replace('?.', '?'))
}

import { suggestion } from '../errors.ts'

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

import type { Path } from './path.ts'

/** A `{ "$secret": "name" }` in a config, and where it stands in it. */
export interface SecretPlace {
  name: string
  path: Path
}

/** All references to secrets in a config. */
export function secretsIn(config: unknown): SecretPlace[] {
  const places: SecretPlace[] = []
  collect(config, [], places)
  return places
}

/** The environment variable that holds a secret: `RULEWIRE_SECRET_SMTP_PASSWORD` for `smtp-password`. */
export function secretVariable(name: string): string {
  return `RULEWIRE_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`
}

function collect(value: unknown, path: Path, places: SecretPlace[]): void {
  if (typeof value !== 'object' || value === null) return
  const entries = Object.entries(value)
  const [first, second] = entries
  if (!Array.isArray(value) && first?.[0] === '$secret' && second === undefined && typeof first[1] === 'string') {
    places.push({ name: first[1], path })
    return
  }
  for (const [name, item] of entries) collect(item, [...path, Array.isArray(value) ? Number(name) : name], places)
}

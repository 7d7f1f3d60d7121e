import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where this Rulewire is installed: the directory of its package.json, from sources and from dist alike. */
export function packageDirectory(): string {
  let directory = import.meta.dirname
  while (!existsSync(join(directory, 'package.json'))) {
    const above = dirname(directory)
    if (above === directory) throw new Error(`There is no package.json above ${import.meta.dirname}`)
    directory = above
  }
  return directory
}

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageDirectory(), 'package.json'), 'utf8')) as { version: string } // our own file
  return version
}

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const files = globSync('editor/**/*.{ts,tsx,html}', { cwd: root, exclude: ['**/node_modules/**'] })

/** Ways by which a text becomes markup, code or an address that runs. */
const ways =
  /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySet|document\.write|DOMParser|srcdoc|\beval\(|new Function|createContextualFragment|javascript:/i

it('C23: nothing in the editor makes markup or code of a text', () => {
  expect(files.length).toBeGreaterThan(100)
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (ways.test(line) ? [`${file}:${at + 1} ${line.trim()}`] : [])),
  )
  expect(found).toEqual([])
})

it('C21: the page has no code of its own, and styles only in files', () => {
  const pages = files.filter((file) => file.endsWith('.html'))
  expect(pages.length).toBeGreaterThan(0)
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8')
    expect(text, page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|https?:\/\//i)
  }
})

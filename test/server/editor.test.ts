import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type RunningServer, startServer } from '../../engine/server/server.ts'
import { temporaryDirectory } from '../tools/temporary.ts'
import { ask } from './ask.ts'
import { fakeEngine } from './fake.ts'

const directory = temporaryDirectory('editor')
const editor = join(directory.path, 'editor')
mkdirSync(join(editor, 'assets'), { recursive: true })
writeFileSync(join(editor, 'index.html'), '<!doctype html><title>Editor</title>')
writeFileSync(join(editor, 'assets', 'main-1a2b3c.js'), 'run()')
writeFileSync(join(editor, 'logo.svg'), '<svg/>')
writeFileSync(join(editor, '.secret'), 'secret')
writeFileSync(join(directory.path, 'beside.txt'), 'beside')

let server: RunningServer
beforeEach(async () => {
  server = await startServer({ engine: fakeEngine(), host: '127.0.0.1', port: 0, editor })
})
afterEach(() => server.close())

const get = (path: string, accept = 'text/html,*/*') => ask(server.port, 'GET', path, { headers: { accept } })

test.each(['/', '/index.html', '/flows/cold-chain'])('%s is the editor and is asked for each time', async (path) => {
  const page = await get(path)
  expect(page.status).toBe(200)
  expect(page.text).toContain('Editor')
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(page.headers['cache-control']).toBe('no-cache')
  expect(page.headers['content-security-policy']).toContain("script-src 'self'")
})

test('files with a hash in their name are kept for ever', async () => {
  const file = await get('/assets/main-1a2b3c.js')
  expect(file).toMatchObject({ status: 200, text: 'run()' })
  expect(file.headers['cache-control']).toBe('public, max-age=31536000, immutable')
  expect(file.headers['content-type']).toBe('text/javascript; charset=utf-8')
})

test('other files are asked for again, and not sent again when they are the same', async () => {
  const file = await get('/logo.svg')
  expect(file.headers['cache-control']).toBe('no-cache')
  const again = await ask(server.port, 'GET', '/logo.svg', { headers: { 'if-none-match': file.headers.etag ?? '' } })
  expect(again.status).toBe(304)
})

test.each([
  '/assets/main-old.js',
  '/assets/',
  '/missing.png',
  '/.secret',
  '/../beside.txt',
  '/%2e%2e/beside.txt',
  '/..%2fbeside.txt',
  '/assets/..%2f..%2fbeside.txt',
  '/api/v1/unknown',
  '/api/v2',
])('%s is not found', async (path) => {
  const reply = await get(path)
  expect(reply.status).toBeGreaterThanOrEqual(400)
  expect(reply.status).toBeLessThan(500)
  expect(reply.json.code).toBeTypeOf('string')
  expect(reply.text).not.toMatch(/Editor|secret"|beside$/)
})

test('a program that wants JSON gets no page', async () => {
  expect(await get('/flows', 'application/json')).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } })
})

test('nothing can be sent to the files', async () => {
  expect((await ask(server.port, 'POST', '/index.html', { body: {} })).status).toBe(404)
})

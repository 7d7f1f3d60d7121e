import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import mqtt, { type MqttClient } from 'mqtt'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { ensureEditor } from '../../editor/build.ts'
import type { FlowDocument } from '../../editor/core/document.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** A real engine in a process of its own, with flows and data in a directory that goes with it. */
export interface TestEngine {
  readonly url: string
  readonly mqttPort: number
  readonly flows: string
  readonly data: string
  readonly log: () => string
  writeFlow(document: FlowDocument): void
  /** Ends it; `start` brings it back on the same ports. */
  stop(): Promise<void>
  start(): Promise<void>
  mqtt(): Promise<MqttClient>
  close(): Promise<void>
}

/** @param options further ones of `rulewire start` */
export async function startEngine(
  flows: readonly FlowDocument[] = [],
  options: readonly string[] = [],
): Promise<TestEngine> {
  await buildOnce()
  const directory = mkdtempSync(join(tmpdir(), 'rulewire-browser-'))
  const flowDirectory = join(directory, 'flows')
  mkdirSync(flowDirectory)
  const state = { url: '', mqttPort: 0, log: '', process: undefined as ChildProcess | undefined }
  const clients: MqttClient[] = []
  const engine: TestEngine = {
    get url() {
      return state.url
    },
    get mqttPort() {
      return state.mqttPort
    },
    flows: flowDirectory,
    data: join(directory, 'data'),
    log: () => state.log,
    writeFlow(document) {
      writeFileSync(join(flowDirectory, `${document.flow}.json`), `${JSON.stringify(document, null, 2)}\n`)
    },
    async start() {
      const port = state.url === '' ? '0' : new URL(state.url).port
      state.log = ''
      const child = spawn(
        process.execPath,
        [
          join(root, 'engine/main.ts'),
          'start',
          ...['--flows', flowDirectory, '--data', join(directory, 'data')],
          ...['--port', port, '--mqtt-port', String(state.mqttPort), ...options],
        ],
        { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] },
      )
      state.process = child
      await new Promise<void>((resolve, reject) => {
        const hear = (chunk: Buffer) => {
          state.log += chunk.toString()
          const url = /editor +(http:\/\/\S+)/.exec(state.log)?.[1]
          const mqttPort = /mqtt:\/\/[^:]+:(\d+)/.exec(state.log)?.[1]
          if (url === undefined || mqttPort === undefined) return
          state.url = url
          state.mqttPort = Number(mqttPort)
          resolve()
        }
        child.stdout.on('data', hear)
        child.stderr.on('data', hear)
        child.once('exit', (code) => reject(new Error(`The engine ended with ${code}:\n${state.log}`)))
      })
    },
    async stop() {
      const child = state.process
      if (child === undefined || child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
    async mqtt() {
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${state.mqttPort}`)
      clients.push(client)
      return client
    },
    async close() {
      await Promise.all(clients.map((client) => client.endAsync(true)))
      await engine.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
  for (const flow of flows) engine.writeFlow(flow)
  await engine.start()
  return engine
}

/** Files of this suite run side by side, and one of them builds. */
async function buildOnce(): Promise<void> {
  const lock = join(tmpdir(), 'rulewire-editor-build')
  for (let attempt = 0; ; attempt++) {
    try {
      mkdirSync(lock)
      break
    } catch (cause) {
      const old = statSync(lock, { throwIfNoEntry: false })
      if (old !== undefined && Date.now() - old.mtimeMs > 60_000) rmSync(lock, { recursive: true, force: true })
      else if (attempt > 600) throw new Error(`Another build holds ${lock}.`, { cause })
      else await setTimeout(100)
    }
  }
  try {
    await ensureEditor((line) => console.log(line))
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

const flags =
  '--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --disable-quic --no-first-run'

/** Debian's Chromium with a fresh profile. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    headless: true,
    handleSIGTERM: false,
    handleSIGINT: false,
    args: flags.split(' '),
  })
}

/** A page with what it complained about: errors, and violations of the Content-Security-Policy. */
export interface TestPage {
  page: Page
  context: BrowserContext
  complaints: string[]
}

export async function openPage(
  browser: Browser,
  url: string,
  options: {
    dark?: boolean
    language?: string
    before?: (page: Page) => Promise<void>
    /** What shows that the page is there; the button for a deploy unless given. */
    first?: string
    width?: number
  } = {},
): Promise<TestPage> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
    locale: options.language ?? 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || /content security policy/i.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message))
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
    ),
  )
  await options.before?.(page)
  await page.goto(url)
  await page.locator(options.first ?? '[data-deploy]').waitFor()
  return { page, context, complaints }
}

/** Does something on a page and closes it; when it fails, a picture of the page is left in the temporary directory. */
export async function withPage(
  browser: Browser,
  url: string,
  options: Parameters<typeof openPage>[2],
  act: (opened: TestPage) => Promise<void>,
): Promise<void> {
  const opened = await openPage(browser, url, options)
  try {
    await act(opened)
  } catch (thrown) {
    const picture = join(tmpdir(), 'rulewire-browser-failure.png')
    await opened.page.screenshot({ path: picture }).catch((cause) => console.error(`No picture: ${cause}`))
    console.error(`A picture of the page is in ${picture}`, opened.complaints)
    throw thrown
  } finally {
    await opened.context.close()
  }
}

/** The middle of an element, for real mouse moves. */
export async function middleOf(page: Page, selector: string): Promise<{ x: number; y: number }> {
  const box = await page.locator(selector).first().boundingBox()
  if (box === null) throw new Error(`Nothing is seen of ${selector}`)
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

/** Drags with real mouse moves. */
export async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y)
  await page.mouse.down()
  await page.mouse.move(from.x + 6, from.y + 4)
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 })
  await page.mouse.move(to.x, to.y, { steps: 4 })
  await page.mouse.up()
}

/** The port of a node, as `node.port`. */
export function port(end: string): string {
  return `[data-port="${end}"]`
}

/** Writes into the JSONata editor of a field. */
export async function fillExpression(page: Page, field: string, text: string): Promise<void> {
  await page.locator(`[data-field="${field}"] .cm-content`).click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(text)
}

/** Waits for the next message on a topic. */
export function nextMessage(client: MqttClient, topic: string, deadline = 20_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = globalThis.setTimeout(() => reject(new Error(`No message came on ${topic}.`)), deadline)
    const hear = (found: string, payload: Buffer) => {
      if (found !== topic) return
      clearTimeout(timer)
      client.off('message', hear)
      resolve(payload.toString())
    }
    client.on('message', hear)
  })
}

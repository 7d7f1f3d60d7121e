#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`rulewire: it needs Node.js 22.18 or newer, and this is ${process.versions.node}.\n`)
  process.exitCode = 1
} else {
  // Loaded after the check: an older Node could not even read these files.
  const { run } = await import('./cli/run.ts')
  const { processTerminal } = await import('./cli/terminal.ts')
  const terminal = processTerminal()
  const code = await run(process.argv.slice(2), terminal)
  process.exitCode = code
}

export {}

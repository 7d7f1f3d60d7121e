import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** They load the machine on purpose, or look at how long a turn takes: what runs beside them would show in what they find. */
const alone = ['test/{faults,fuzz,soak}/**/*.test.ts']
const common = {
  setupFiles: ['test/security/prototype.ts'],
  // Engines that tests start as processes of their own take their sources compiled from there: each costs a third then.
  env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
  pool: 'forks' as const,
  testTimeout: 90_000,
  hookTimeout: 90_000,
}

export default defineConfig({
  test: {
    globalSetup: ['test/needs.ts'],
    projects: [
      {
        test: {
          ...common,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: alone,
          // Most of them wait for processes of their own most of the time.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...common, name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})

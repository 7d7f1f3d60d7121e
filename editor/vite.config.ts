import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { editorDirectory, outputDirectory } from './paths.ts'

/** Where `npm run dev` finds the engine. */
const engine = process.env.RULEWIRE_ENGINE ?? 'http://127.0.0.1:1870'

export default defineConfig({
  root: editorDirectory,
  base: './',
  plugins: [react()],
  // Everything is a file of its own: data: URLs and inline scripts would need a weaker Content-Security-Policy.
  build: {
    outDir: outputDirectory,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: 'es2024',
    cssTarget: 'chrome125',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    strictPort: true,
    port: 5173,
    // The engine refuses pages of other origins; to it, these requests come from its own.
    proxy: { '/api': { target: engine, changeOrigin: true, ws: true, headers: { origin: engine } } },
  },
})

import { join } from 'node:path'
import express, { type RequestHandler, type Router } from 'express'

/**
 * Serves the built editor. Files below `assets/` have the hash of their content in their name and are kept for ever by browsers;
 * everything else is asked for again. A path of the editor's own (`/flows/cold-chain`) gives its page.
 */
export function editorRouter(directory: string): Router {
  const router = express.Router()
  router.use(
    express.static(directory, {
      index: false,
      redirect: false,
      dotfiles: 'ignore',
      cacheControl: false,
      setHeaders: (response, path) => {
        const hashed = path.startsWith(join(directory, 'assets'))
        response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    }),
  )
  router.get(/.*/, page(directory))
  return router
}

function page(directory: string): RequestHandler {
  return (request, response, next) => {
    // A missing file must be missing: a page in place of a script would hide why.
    const file = /\.[a-z0-9]+$/i.test(request.path)
    if (file || /^\/(api|assets)(\/|$)/.test(request.path) || !request.accepts('html')) return next()
    response.setHeader('Cache-Control', 'no-cache')
    response.sendFile('index.html', { root: directory, cacheControl: false }, (fault) => {
      if (fault !== undefined && !response.headersSent) next(fault)
    })
  }
}

// Ends with 0 when the engine of this machine answers /livez, for the health check of a container. It tries HTTP, then HTTPS; whose
// certificate it is does not matter, because it only asks itself.
import http from 'node:http'
import https from 'node:https'

const port = Number(process.env.RULEWIRE_PORT ?? 1870)

function ask(client) {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/livez', timeout: 2000, rejectUnauthorized: false }
    const request = client.get(options, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy(new Error('it took too long')))
    request.on('error', () => resolve(false))
  })
}

process.exitCode = (await ask(http)) || (await ask(https)) ? 0 : 1

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A PEM text and the file that holds it. */
export interface Pem {
  readonly file: string
  readonly text: string
}

/** A small certificate authority for tests, and a server and a client certificate of it. */
export interface Certificates {
  readonly authority: Pem
  readonly server: { readonly certificate: Pem; readonly key: Pem }
  readonly client: { readonly certificate: Pem; readonly key: Pem }
}

/** Makes certificates with openssl in a directory. The server's is for `localhost` and 127.0.0.1 unless other names are given. */
export function makeCertificates(directory: string, names = ['DNS:localhost', 'IP:127.0.0.1']): Certificates {
  const path = (name: string) => join(directory, name)
  const openssl = (...words: string[]) => execFileSync('/usr/bin/openssl', words, { cwd: directory, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const authority = ['-keyout', path('ca.key'), '-out', path('ca.crt')]
  openssl('req', '-x509', ...newKey, ...authority, '-days', '2', '-subj', '/CN=Test authority')
  const issue = (name: string, subject: string, extension: string) => {
    writeFileSync(path(`${name}.ext`), extension)
    const request = ['-keyout', path(`${name}.key`), '-out', path(`${name}.csr`)]
    openssl('req', ...newKey, ...request, '-subj', `/CN=${subject}`)
    const signed = ['-in', path(`${name}.csr`), '-out', path(`${name}.crt`), '-extfile', path(`${name}.ext`)]
    openssl('x509', '-req', ...signed, '-CA', path('ca.crt'), '-CAkey', path('ca.key'), '-CAcreateserial', '-days', '2')
    return { certificate: pem(path(`${name}.crt`)), key: pem(path(`${name}.key`)) }
  }
  return {
    server: issue('server', 'localhost', `subjectAltName=${names.join(',')}\n`),
    client: issue('client', 'client', 'extendedKeyUsage=clientAuth\n'),
    authority: pem(path('ca.crt')),
  }
}

function pem(file: string): Pem {
  return { file, text: readFileSync(file, 'utf8') }
}

import { rulewireError } from '../errors.ts'
import type { Terminal } from './terminal.ts'

/** Asks for a new password. Whoever types it unseen types it twice. Throws BAD_REQUEST when the two differ. */
export async function newPassword(terminal: Terminal, name: string): Promise<string> {
  const [password = ''] = (await terminal.readHidden(`Password of ${name} (it is not shown): `)).split(/\r?\n/)
  if (terminal.interactive !== true) return password
  const again = await terminal.readHidden('Once more: ')
  if (again === password) return password
  const wanted = 'Try again.'
  throw rulewireError('BAD_REQUEST', { detail: 'The two passwords are not the same.', wanted })
}

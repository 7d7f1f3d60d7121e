import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { Egress, Place } from './egress.ts'

/** What the name server of the system says of a name; `node:dns` has it as `lookup`. */
export type Resolve = (
  host: string,
  options: { all: true; family?: number | 'IPv4' | 'IPv6'; hints?: number },
  done: (error: NodeJS.ErrnoException | null, addresses: { address: string; family: number }[]) => void,
) => void

/** Where all connections to other machines are checked: it stands between a name and its addresses. */
export interface Dialer {
  /**
   * For `net.connect`, `tls.connect` and `http.request`: looks the name up once, and gives its addresses only if every one of
   * them is allowed. The connection goes to what was checked, so a name server that changes its mind changes nothing.
   * Throws EGRESS_DENIED at once when the host is an address that is not allowed.
   */
  lookup(place: Place): LookupFunction
}

/** A dialer for a policy. */
export function createDialer(egress: Egress, resolve: Resolve = systemLookup): Dialer {
  return {
    lookup(place) {
      if (isIP(place.host) !== 0) egress.check(place, place.host)
      return (host, options, done) => {
        const { family, hints } = options
        const wanted = {
          all: true as const,
          ...(family === undefined ? {} : { family }),
          ...(hints === undefined ? {} : { hints }),
        }
        resolve(host, wanted, (error, addresses) => {
          if (error !== null) return done(error, '')
          try {
            if (addresses.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' })
            for (const { address } of addresses) egress.check(place, address)
          } catch (thrown) {
            return done(thrown as Error, '') // the policy throws errors of the table
          }
          if (options.all === true) return done(null, addresses)
          const [first] = addresses
          done(null, first?.address ?? '', first?.family)
        })
      }
    },
  }
}

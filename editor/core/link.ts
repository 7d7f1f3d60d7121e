/** A place in the editor, as it stands behind the # of an address: `#cold-chain` or `#cold-chain/too-warm`. */
export interface Link {
  flow: string
  node: string | undefined
}

export function parseLink(hash: string): Link | undefined {
  const found = /^#([a-z0-9-]{1,64})(?:\/([a-z0-9-]{1,64}))?$/.exec(hash)
  return found?.[1] === undefined ? undefined : { flow: found[1], node: found[2] }
}

export function printLink({ flow, node }: Link): string {
  return node === undefined ? `#${flow}` : `#${flow}/${node}`
}

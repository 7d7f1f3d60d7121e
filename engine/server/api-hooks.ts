/** What a request to a hook says before its body is there. */
export interface HookHead {
  readonly method: string
  /** What stands behind `/hooks/`, as it was sent. */
  readonly path: string
  readonly query: Readonly<Record<string, string | readonly string[]>>
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Address of who sends it. */
  readonly from: string
}

export type HookBody = Uint8Array

export interface HookAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** A request that was let in. It has to be closed, whatever comes of it. */
export interface HookCall {
  /** Bytes of a body. */
  readonly bodyLimit: number
  /**
   * Gives it to its node, once; the answer comes when what it caused is committed. Throws and rejects with HOOK_DENIED,
   * HOOK_LATE, HOOK_UNKNOWN, STOPPING, STORE_FAULT, and with what the node refuses it for.
   */
  run(body: HookBody): Promise<HookAnswer>
  close(): void
}

/** Requests from outside to nodes of flows. */
export interface HooksApi {
  /** Throws BAD_REQUEST, HOOK_UNKNOWN, WRONG_METHOD, HOOK_DENIED, HOOK_BUSY, STOPPING and STORE_FAULT. */
  open(head: HookHead): HookCall
}

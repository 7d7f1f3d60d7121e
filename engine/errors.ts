/**
 * Every error and problem that Rulewire reports: code, text, hint and HTTP status, in one table.
 *
 * A text names the value that was found, a hint says what to write instead. `{name}` in either is filled from the values
 * that the caller gives; which names a code needs is checked by the compiler.
 */
export const errorTable = {
  // Flow files and their check
  BROKEN_JSON: {
    status: 400,
    text: 'This is not JSON: {detail}.',
    hint: 'Mend the text at this place.',
  },
  NOT_A_FLOW: {
    status: 422,
    text: 'A flow file holds one object with "flow", "nodes" and "wires"; this holds {found}.',
    hint: 'Start from { "flow": "name", "nodes": [], "wires": [] }.',
  },
  NOT_RULE_TESTS: {
    status: 422,
    text: 'A file of rule tests holds one object with "flow" and "tests"; this holds {found}.',
    hint: 'Start from { "flow": "name", "tests": [{ "name": "a sentence", "steps": [] }] }.',
  },
  NOT_A_CONFIG: {
    status: 422,
    text: 'A config file holds one object with settings; this holds {found}.',
    hint: 'Start from { "log": { "level": "info" } }; every setting may be left out.',
  },
  CONFIG_PROBLEMS: {
    status: 422,
    text: '{file} has {problems}.',
    hint: 'They are listed below; "rulewire config check" lists them without a start.',
  },
  TEST_TARGET: {
    status: 422,
    text: 'The flow "{flow}" has no {what} "{name}" in this test{suggestion}.',
    hint: 'There is: {choices}.',
  },
  UNKNOWN_FIELD: {
    status: 422,
    text: 'There is no field "{field}" here{suggestion}.',
    hint: 'The fields are: {fields}.',
  },
  DUPLICATE_FIELD: {
    status: 422,
    text: 'The field "{field}" stands {count} times in one object.',
    hint: 'Keep one: readers of JSON take the last and drop the others in silence.',
  },
  MISSING_FIELD: { status: 422, text: 'The field "{field}" is missing.', hint: 'Add it: {example}.' },
  WRONG_VALUE: { status: 422, text: '"{field}" is {found}: {detail}.', hint: '{wanted}' },
  BAD_ID: { status: 422, text: '"{id}" cannot be an id.', hint: 'Use 1 to 64 of a-z, 0-9 and "-".' },
  DUPLICATE_ID: {
    status: 422,
    text: 'The id "{id}" is used by {count} nodes.',
    hint: 'Give each node an id of its own; wires and state belong to ids.',
  },
  DUPLICATE_WIRE: {
    status: 422,
    text: 'The wire from {from} to {to} stands here {count} times.',
    hint: 'Keep one: a message goes over a wire once.',
  },
  FLOW_NAME_MISMATCH: {
    status: 422,
    text: 'The file is named "{file}" and the flow in it "{flow}".',
    hint: 'Name the file {flow}.json or write "flow": "{file}".',
  },
  UNKNOWN_NODE_TYPE: {
    status: 422,
    text: 'There is no node type "{type}"{suggestion}.',
    hint: 'This node stays disabled and the rest of the flow runs. "rulewire nodes" lists the types.',
  },
  WIRE_NOWHERE: { status: 422, text: 'The wire end "{end}" leads nowhere: {detail}{suggestion}.', hint: '{choices}' },
  TYPE_MISMATCH: {
    status: 422,
    text: 'What {from} gives can never fit {to}: {detail}.',
    hint: 'Put a transform between them that gives {wanted}.',
  },
  TYPE_MAYBE: {
    status: 422,
    text: 'What {from} gives may not fit {to}: {detail}.',
    hint: 'Filter the messages that do not fit, or convert them.',
  },
  TYPES_TOO_LARGE: {
    status: 422,
    text: 'The types of this flow have more than {limit} parts; from this node on they are not told.',
    hint: 'Let transforms name the fields that they need instead of adding to all that came, or make two flows of it.',
  },
  CYCLE: {
    status: 422,
    text: 'The nodes {nodes} form a circle that no durable edge breaks.',
    hint: 'A message would run round for ever: remove a wire, or lead it through a node that answers later, such as http-out or delay.',
  },
  TOPIC_LOOP: {
    status: 422,
    text: '{publisher} may publish to "{topic}", which {subscriber} receives ("{filter}").',
    hint: 'If that is not meant, write to another topic: messages would run round for ever.',
  },
  EXPRESSION_SYNTAX: {
    status: 422,
    text: 'JSONata cannot read "{expression}": {detail}.',
    hint: 'See place {position} of the expression.',
  },
  EXPRESSION_WARNING: { status: 422, text: '{detail}', hint: '{hint}' },
  HOOK_TAKEN: {
    status: 422,
    text: '{method} /hooks/{path} is taken by {other}.',
    hint: 'Write another path or method: a request goes to one node. Names of parameters do not tell paths apart.',
  },
  HOOK_OPEN: {
    status: 422,
    text: 'Everybody who reaches this engine may send to /hooks/{path}, and others than this machine can.',
    hint: 'Set "auth" to "token" or "signature" and name a secret, if that is not meant.',
  },
  SECRET_UNKNOWN: {
    status: 422,
    text: 'The secret "{name}" is not set.',
    hint: 'Set it with "rulewire secrets set {name}", or as the variable {variable} before the start.',
  },
  SECRET_LOCKED: {
    status: 422,
    text: 'The secret "{name}" cannot be read: {detail}.',
    hint: 'Give the engine the key that it was stored with, or set the secret again: rulewire secrets set {name}',
  },
  SECRET_NAME: {
    status: 422,
    text: '"{name}" cannot be the name of a secret.',
    hint: 'Use 1 to 64 of a-z, 0-9, "-", "_" and ".", and begin with a letter or digit.',
  },
  SECRET_VALUE: {
    status: 422,
    text: 'The value of the secret "{name}" cannot be stored: {detail}.',
    hint: 'Give 1 to 65,536 bytes of text.',
  },
  SECRET_IN_USE: {
    status: 409,
    text: 'The secret "{name}" is used by {users}.',
    hint: 'Take it out there first, or remove it all the same with --force ("force": true).',
  },
  SECRET_KEY: {
    status: 500,
    text: 'The key for secrets {place} cannot be used: {detail}.',
    hint: 'Give 32 bytes as 64 hexadecimal digits or as base64; "openssl rand -hex 32" makes one.',
  },
  BROKER_UNKNOWN: {
    status: 422,
    text: 'There is no broker connection "{name}"{suggestion}.',
    hint: 'The connections are: {names}.',
  },
  TOPIC_FILTER: {
    status: 422,
    text: '"{filter}" is not a topic filter: {detail}.',
    hint: 'Levels stand between "/", "+" and {name} are whole levels, "#" is the last one.',
  },
  TOPIC_NAME: {
    status: 422,
    text: '"{topic}" is not a topic to publish to: {detail}.',
    hint: 'A topic holds no + and #, and what a message fills in holds no "/" and starts with no "$".',
  },
  NO_RULE_TESTS: {
    status: 404,
    text: 'There are no rule tests in {place}.',
    hint: 'Write a file NAME.test.json beside the flow; "rulewire test --help" shows one.',
  },
  TOO_LARGE: {
    status: 413,
    text: '{what} is {found}, the limit is {limit}.',
    hint: 'Make it smaller or raise the limit.',
  },

  // Running
  EXPRESSION_FAILED: {
    status: 500,
    text: 'The expression "{expression}" failed: {detail}.',
    hint: 'The message is kept as a dead letter unless the error port is wired.',
  },
  WRONG_RESULT: {
    status: 500,
    text: '"{expression}" gave {found} where {wanted} is needed.',
    hint: 'Mend the expression or filter such messages before this node.',
  },
  PAYLOAD_DECODE: {
    status: 500,
    text: 'The payload on "{topic}" is not {wanted}: {detail}.',
    hint: 'Set "decode" of the mqtt-in node to what the device sends, or wire its error port.',
  },
  NODE_FAILED: {
    status: 500,
    text: 'The node failed: {detail}.',
    hint: 'This is a defect of the node type; the message is kept.',
  },
  POISON: {
    status: 500,
    text: 'The engine ended {count} times while it handled this message.',
    hint: 'Look at the nodes that it reaches before you run it again; the log of the last end may say more.',
  },
  TOO_MANY_HOPS: {
    status: 500,
    text: 'The message went through more than {limit} hops.',
    hint: 'Look for a circle over topics or wires.',
  },
  TOPIC_LOOP_CUT: {
    status: 500,
    text: 'Messages went round over "{topic}", so {publisher} publishes nothing any more that {subscriber} receives.',
    hint: 'Write to another topic, or end the circle by a filter; a new deploy of one of the flows lets it publish again.',
  },
  STATE_NOT_JSON: {
    status: 500,
    text: 'The state for "{key}" is not plain JSON: {detail}.',
    hint: 'Keep numbers, text, booleans, null, arrays and objects.',
  },
  TABLE_NAME: {
    status: 422,
    text: '"{name}" cannot be a table or column name.',
    hint: 'Use letters, digits and "_", starting with a letter; "rw_" and "sqlite_" are taken.',
  },
  ROW_REFUSED: {
    status: 500,
    text: 'The table "{table}" refused a row: {detail}.',
    hint: 'Mend the columns of the store node, or the table.',
  },
  QUERY_FAILED: {
    status: 500,
    text: 'SQLite refused the query: {detail}.',
    hint: 'Try it with the sqlite3 program on the database file.',
  },
  REQUEST_FAILED: { status: 502, text: '{method} {url} failed: {detail}.', hint: 'It was tried {attempts} times.' },
  EGRESS_DENIED: {
    status: 403,
    text: 'A connection to {place} is not allowed: {detail}.',
    hint: 'If it is meant, allow it with {setting}.',
  },
  PUBLISH_REFUSED: {
    status: 502,
    text: 'The broker "{broker}" refused a message to "{topic}": {detail}.',
    hint: 'Look at its access list and limits.',
  },
  OUTBOX_FULL: {
    status: 503,
    text: 'The outbox for "{sink}" holds {count} messages, which is its limit.',
    hint: 'Bring the receiver back, or raise limits.outbox.',
  },
  STORE_FAULT: {
    status: 503,
    text: 'The database cannot be written: {detail}.',
    hint: 'Free disk space or end what locks the file; nothing is acked until it works again, then work goes on by itself.',
  },

  COMMAND_REFUSED: {
    status: 409,
    text: 'The alarm "{key}" cannot be told to {command}: {detail}.',
    hint: '{wanted}',
  },

  // Start and command line
  UNKNOWN_OPTION: {
    status: 400,
    text: 'There is no option "{option}"{suggestion}.',
    hint: 'See "rulewire {command} --help".',
  },
  OPTION_NEEDS_VALUE: { status: 400, text: '{option} needs a value.', hint: 'Write {option} {value}.' },
  OPTION_TAKES_NONE: {
    status: 400,
    text: '{option} takes no value, and "{found}" was given.',
    hint: 'Write {option}.',
  },
  UNKNOWN_COMMAND: {
    status: 400,
    text: 'There is no command "{command}"{suggestion}.',
    hint: 'The commands are: {commands}.',
  },
  OPTION_VALUE: { status: 400, text: '{option} is "{found}": {detail}.', hint: '{wanted}' },
  PORT_TAKEN: { status: 500, text: 'Port {port} on {host} is taken, so {what} cannot start.', hint: '{instead}' },
  DATA_LOCKED: {
    status: 500,
    text: 'Another engine runs on the data directory {directory}.',
    hint: 'End it, or give this one a directory of its own with --data.',
  },
  DATA_CORRUPT: {
    status: 500,
    text: 'The database {file} is damaged: {detail}.',
    hint: 'It was left as it is. Restore a backup, or move it away to start empty.',
  },
  DATA_NEWER: {
    status: 500,
    text: 'The database {file} has schema {found}; this version of Rulewire knows {known}.',
    hint: 'Use the newer Rulewire that wrote it.',
  },
  MIGRATION_FAILED: {
    status: 500,
    text: 'The database {file} could not be brought from schema {found} to {version}: {detail}.',
    hint: 'Nothing was changed. Use the older Rulewire until this is mended, and report it.',
  },
  NO_DATABASE: {
    status: 400,
    text: 'There is no database in {directory}.',
    hint: 'Name the data directory of the engine with --data.',
  },
  BACKUP_UNUSABLE: {
    status: 400,
    text: 'The backup {directory} cannot be used: {detail}.',
    hint: 'Name a directory that "rulewire backup" made, such as rulewire-20260102T030405Z; try an older one.',
  },
  DATA_PRESENT: {
    status: 400,
    text: 'There is something where the backup would go ({count}): {files}.',
    hint: 'Restore into other directories with --data and --flows, or put these aside with --replace.',
  },
  DATA_UNUSABLE: {
    status: 500,
    text: 'The data directory {directory} cannot be used: {detail}.',
    hint: 'Make it writable for this user, or choose another with --data.',
  },
  FILE_UNREADABLE: {
    status: 400,
    text: 'The file {file} cannot be read: {detail}.',
    hint: 'Check the path and the permissions.',
  },
  FILE_UNWRITABLE: {
    status: 500,
    text: 'The file {file} cannot be written: {detail}.',
    hint: 'Check the path, the permissions and the room on the disk.',
  },
  INSECURE_HTTP: {
    status: 400,
    text: 'Editor and API would listen on {host}, which others can reach, without TLS: passwords could be read on the way.',
    hint: 'Keep 127.0.0.1, give a certificate, or put a proxy with HTTPS in front and add --behind-proxy. To accept it, add --insecure-http (logins in clear text) or --without-login (everybody may do everything).',
  },
  INSECURE_MQTT: {
    status: 400,
    text: 'The MQTT broker would listen on {host}, which others can reach, without TLS: passwords and messages could be read on the way.',
    hint: 'Keep it on this machine with --mqtt-host 127.0.0.1, or give it --mqtt-tls-port with a certificate and "mqtt": { "plain": false }. To accept it, add --insecure-mqtt (logins in clear text), and --mqtt-anonymous yes if nobody needs a login.',
  },
  UNSAFE_BIND: {
    status: 400,
    text: '{what} would listen on {host}, which others can reach, without TLS or a login.',
    hint: 'Keep 127.0.0.1, or add {option} if everybody who reaches {host} may change flows and publish messages.',
  },

  TLS_FILES: {
    status: 500,
    text: 'The TLS file {file} cannot be used: {detail}.',
    hint: 'Give a certificate (with those between it and its authority) and its key as PEM files that belong together.',
  },
  BROKER_USER: {
    status: 422,
    text: 'The user "{name}" of the broker cannot be changed so: {detail}.',
    hint: 'A name has 1 to 64 letters, digits, ".", "_", "@" and "-", and begins with a letter or digit.',
  },
  ACL_RULE: {
    status: 422,
    text: 'The rule for "{filter}" cannot be used: {detail}.',
    hint: 'Write a topic filter such as sensors/%u/# or cmd/+/%c.',
  },
  BIND_FAILED: {
    status: 500,
    text: '{what} cannot listen on {host}:{port}: {detail}.',
    hint: 'Choose an address of this machine with {hostOption}, and a port above 1023 with {portOption}.',
  },
  FLOWS_MISSING: {
    status: 400,
    text: 'The flows directory {directory} does not exist.',
    hint: 'Make it (mkdir -p {directory}), or leave {option} out: then ./flows is made, with examples.',
  },
  FLOWS_NO_DIRECTORY: {
    status: 400,
    text: 'The flows directory {directory} is a file.',
    hint: 'Give {option} the directory that the flow files stand in.',
  },
  ENGINE_UNREACHABLE: {
    status: 502,
    text: 'No engine answers at {url}: {detail}.',
    hint: 'Start one with "rulewire start", or name another with --url.',
  },
  MISSING_ARGUMENT: { status: 400, text: '"rulewire {command}" needs {what}.', hint: 'Write: {usage}' },
  SURPLUS_ARGUMENT: { status: 400, text: '"rulewire {command}" takes no "{argument}".', hint: 'Write: {usage}' },
  DUPLICATE_FLOW: {
    status: 422,
    text: 'The flow "{flow}" stands in {count} files: {files}.',
    hint: 'Give each flow a name of its own; state belongs to it.',
  },
  NOT_PRINTED: {
    status: 422,
    text: 'The file is not written as "rulewire fmt" prints it.',
    hint: 'Run: rulewire fmt {file}',
  },

  // API
  NOT_FOUND: { status: 404, text: 'There is no {what} "{name}"{suggestion}.', hint: 'List them with GET {list}.' },
  BAD_REQUEST: { status: 400, text: '{detail}', hint: '{wanted}' },
  CHECK_FAILED: {
    status: 422,
    text: 'The flow "{flow}" has problems that must be mended before a deploy: {count}.',
    hint: 'They are listed in "problems".',
  },
  WRONG_HOST: {
    status: 403,
    text: 'The Host "{host}" is not one of this engine.',
    hint: 'Open it by one of: {hosts}.',
  },
  WRONG_ORIGIN: { status: 403, text: 'A page of "{origin}" may not use this engine.', hint: 'Only its own pages may.' },
  WRONG_MEDIA_TYPE: { status: 415, text: 'The body is "{found}".', hint: 'Send application/json.' },
  UPGRADE_NEEDED: {
    status: 426,
    text: '{path} is a WebSocket.',
    hint: 'Connect to it with a WebSocket client.',
  },
  TOO_MANY_CLIENTS: {
    status: 503,
    text: 'There are {count} live clients, which is the limit.',
    hint: 'Close a tab of the editor.',
  },
  TOO_MANY_MESSAGES: {
    status: 429,
    text: 'This client sent more than {limit} messages in a second.',
    hint: 'Connect again and send only what changed.',
  },
  // Backtests
  INPUT_UNUSABLE: {
    status: 422,
    text: 'Nothing in {file} can be used: {detail}.',
    hint: '{wanted}',
  },
  INPUT_COLUMN: {
    status: 422,
    text: '{file} has no column "{column}", which {what} names{suggestion}.',
    hint: 'Its columns are: {columns}.',
  },
  BACKTESTS_BUSY: {
    status: 429,
    text: '{count} backtests go on at this moment, which is the limit.',
    hint: 'Wait until one of them has ended, or end it.',
  },
  NO_HISTORY: {
    status: 404,
    text: 'There are no recorded messages of {what} in {place}.',
    hint: 'Record them with "history" in the config of a connection or a flow, or give a file with --input.',
  },
  TOO_MANY_RUNS: {
    status: 429,
    text: '{count} runs of rule tests go on at this moment, which is the limit.',
    hint: 'Try again when one of them has ended.',
  },
  RUN_TOO_LONG: {
    status: 503,
    text: '{what} took longer than {limit} and were ended.',
    hint: 'Run fewer of them, or let less virtual time go by.',
  },
  TOO_MANY_TRACES: {
    status: 429,
    text: '{count} traces wait for a message, which is the limit.',
    hint: 'Each of them ends by itself after a minute.',
  },
  NOT_WATCHABLE: {
    status: 501,
    text: 'This engine cannot follow topics.',
    hint: 'Watch flows instead.',
  },
  WRONG_METHOD: { status: 405, text: '{method} is not possible here.', hint: 'Possible: {methods}.' },
  // Hooks
  HOOK_UNKNOWN: {
    status: 404,
    text: 'There is no hook "/hooks/{path}".',
    hint: 'A node http-in of a flow that runs makes one; its path stands in its config.',
  },
  HOOK_DENIED: {
    status: 401,
    text: 'The request does not prove who sends it.',
    hint: 'Send the token or the signature in the header that the hook wants.',
  },
  HOOK_BUSY: { status: 429, text: 'This hook takes no more now: {detail}.', hint: 'Try again in {seconds} s.' },
  HOOK_LATE: {
    status: 504,
    text: 'The flow gave no answer in time.',
    hint: 'The request was taken and is worked on; with a header Idempotency-Key, the same request asks for its answer.',
  },
  HOOK_KEY_REUSED: {
    status: 422,
    text: 'The Idempotency-Key "{key}" came before with another body.',
    hint: 'Use a new key for each new request, and the old one only to repeat it.',
  },
  // Who may do what
  LOGIN_NEEDED: {
    status: 401,
    text: 'A login is needed for this.',
    hint: 'Log in, or send an API token in the header "Authorization: Bearer rw_...".',
  },
  SETUP_NEEDED: {
    status: 401,
    text: 'This engine has no user yet, so it answers nothing else.',
    hint: 'Open it in a browser and make the first admin with the setup token that the console shows.',
  },
  LOGIN_FAILED: {
    status: 401,
    text: 'The name or the password is wrong.',
    hint: 'Write both as they were given; an admin can set a new password.',
  },
  LOGIN_LIMITED: {
    status: 429,
    text: 'There were too many failed logins; the next one is possible in {seconds} s.',
    hint: 'Wait so long. Each further failure makes it longer.',
  },
  LOGIN_BUSY: {
    status: 503,
    text: '{count} logins are being checked, which is the limit.',
    hint: 'Try again in a few seconds.',
  },
  TOKEN_INVALID: {
    status: 401,
    text: 'The API token is not valid: {detail}.',
    hint: 'Make a new one in the editor or with "rulewire tokens create".',
  },
  TOKEN_IN_QUERY: {
    status: 400,
    text: 'The query holds "{field}", which looks like an API token.',
    hint: 'Send it in the header "Authorization: Bearer ..."; queries stand in logs. Revoke this one and make a new one.',
  },
  PROXY_UNDECLARED: {
    status: 403,
    text: 'This came through a proxy ({header}), and the engine works for this machine alone, without a login.',
    hint: 'Start it with --behind-proxy, so that it asks for a login.',
  },
  NOT_ALLOWED: {
    status: 403,
    text: 'This needs the role {needed}; {name} has the role {role}.',
    hint: 'Ask an admin for that role, or use a token that has it.',
  },
  SETUP_TOKEN_WRONG: {
    status: 403,
    text: 'That is not the setup token of this start.',
    hint: 'Copy it from the console or from the file "setup-token" in the data directory; each start makes a new one.',
  },
  SETUP_DONE: { status: 409, text: 'This engine has users already.', hint: 'Log in.' },
  USER_EXISTS: { status: 409, text: 'There is a user "{name}" already.', hint: 'Choose another name.' },
  USER_NAME: {
    status: 400,
    text: '"{name}" cannot be the name of a user.',
    hint: 'Use 1 to 32 of a-z, 0-9, ".", "_" and "-", with a letter or digit at the beginning.',
  },
  PASSWORD_LENGTH: {
    status: 400,
    text: 'The password has {length} characters.',
    hint: 'Use {least} to {most} of any kind; a few words in a row are good.',
  },
  SECRET_TEXT: {
    status: 400,
    text: '"{field}" is {detail}.',
    hint: 'Send it as text of {least} to {most} characters.',
  },
  FIRST_USER_ADMIN: {
    status: 409,
    text: 'The first user would be {role}, and then nobody could manage users.',
    hint: 'Make an admin first.',
  },
  LAST_ADMIN: {
    status: 409,
    text: '"{name}" is the last admin who can log in.',
    hint: 'Make somebody else an admin first.',
  },
  TOO_MANY_TOKENS: {
    status: 409,
    text: '{name} has {count} API tokens, which is the limit.',
    hint: 'Revoke some that nobody uses.',
  },
  HASH_UNKNOWN: {
    status: 500,
    text: 'The password was hashed with argon2id, which this Node.js {version} does not have.',
    hint: 'Run Rulewire with Node.js 24.7 or newer, or set a new password with "rulewire users password NAME --data DIR".',
  },
  NO_PASSWORD: { status: 409, text: '{name} has no password to change.', hint: 'Log in as a user with a password.' },
  CHANGED_MEANWHILE: {
    status: 409,
    text: 'The flow "{flow}" was changed meanwhile.',
    hint: 'Fetch it again, merge, and send the new "hash".',
  },
  STOPPING: { status: 503, text: 'The engine is stopping.', hint: 'Try again when it runs.' },
  INTERNAL: {
    status: 500,
    text: 'Something inside failed: {detail}.',
    hint: 'This is a defect of Rulewire; the log has the details.',
  },
} as const satisfies Record<string, ErrorEntry>

interface ErrorEntry {
  status: number
  text: string
  hint: string
}

export type ErrorCode = keyof typeof errorTable

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${string} ${string}` ? never : Name) | Names<Rest>
  : never

/** The values that the text and hint of a code need. */
export type ErrorValues<Code extends ErrorCode> = {
  [Name in Names<(typeof errorTable)[Code]['text']> | Names<(typeof errorTable)[Code]['hint']>]: string | number
}

/** One thing that is wrong, and where. `at` is a path in the document, such as `nodes[2].config.when`. */
export interface Problem {
  code: ErrorCode
  severity: 'error' | 'warning'
  text: string
  hint: string
  at?: string
  /** 1-based place in the file's text. */
  line?: number
  column?: number
  file?: string
  flow?: string
  node?: string
  port?: string
}

export type Place = Omit<Problem, 'code' | 'severity' | 'text' | 'hint'>

/** A problem of severity error. */
export function problem<Code extends ErrorCode>(code: Code, values: ErrorValues<Code>, place: Place = {}): Problem {
  return {
    code,
    severity: 'error',
    text: fill(errorTable[code].text, values),
    hint: fill(errorTable[code].hint, values),
    ...place,
  }
}

/** A problem that does not hinder a deploy. */
export function warning<Code extends ErrorCode>(code: Code, values: ErrorValues<Code>, place: Place = {}): Problem {
  return { ...problem(code, values, place), severity: 'warning' }
}

/** An error of the table, to be thrown. */
export class RulewireError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly at: string | undefined
  readonly status: number
  /** All problems, where one error stands for several. */
  readonly problems: readonly Problem[]

  constructor(found: Problem, options: { cause?: unknown; problems?: readonly Problem[] } = {}) {
    super(found.text, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'RulewireError'
    this.code = found.code
    this.hint = found.hint
    this.at = found.at
    this.status = errorTable[found.code].status
    this.problems = options.problems ?? []
  }
}

/** The error of a code, ready to throw. */
export function rulewireError<Code extends ErrorCode>(
  code: Code,
  values: ErrorValues<Code>,
  options: { cause?: unknown; at?: string; problems?: readonly Problem[] } = {},
): RulewireError {
  return new RulewireError(problem(code, values, options.at === undefined ? {} : { at: options.at }), options)
}

/** The message of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Why a file cannot be read or written, in words for what people meet most. */
export function fileReason(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'ENOENT') return 'it does not exist'
  if (code === 'EACCES') return 'permission denied'
  return code === 'EISDIR' ? 'it is a directory' : reasonOf(thrown)
}

/** `; did you mean "x"?` for the nearest of the choices, or nothing when none is near. */
export function suggestion(found: string, choices: Iterable<string>): string {
  let best: string | undefined
  let least = Math.max(2, Math.floor(found.length / 3)) + 1
  const wanted = found.toLowerCase()
  for (const choice of choices) {
    const other = choice.toLowerCase()
    // The distance is at least that; so a stranger's long text costs nothing.
    if (Math.abs(wanted.length - other.length) >= least) continue
    const distance = editDistance(wanted, other)
    if (distance < least) {
      least = distance
      best = choice
    }
  }
  return best === undefined ? '' : `; did you mean "${best}"?`
}

function fill(template: string, values: Record<string, string | number>): string {
  const text = template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole))
  return text.replace(/\?\.$/, '?')
}

/** Edit distance in which swapping two neighbours counts one (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let before: number[] = []
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1
      let least = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + cost,
      )
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        least = Math.min(least, (before[column - 2] ?? 0) + 1)
      }
      current.push(least)
    }
    before = previous
    previous = current
  }
  return previous[right.length] ?? 0
}

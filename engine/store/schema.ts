import { auditSchema } from './audit.ts'
import { authSchema } from './auth.ts'
import { brokerUsersSchema } from './broker-users.ts'
import { deploysSchema } from './deploys.ts'
import { historySchema } from './history.ts'
import { secretsSchema } from './secrets.ts'

/** Version of the tables below; an older file is brought up to it step by step, a newer one is refused. */
export const schemaVersion = 1

/**
 * The engine's tables. Names start with `rw_`, so that the user's own tables may stand in the same file.
 * `node` is `flow/node`; times are UTC milliseconds; JSON stands as text.
 */
export const schema = `
CREATE TABLE IF NOT EXISTS rw_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_state (
  node TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (node, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_timers (
  node TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (node, key, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_outbox (
  connection TEXT NOT NULL, sequence INTEGER NOT NULL, node TEXT NOT NULL, topic TEXT NOT NULL, payload NOT NULL,
  qos INTEGER NOT NULL, retain INTEGER NOT NULL, props TEXT, released INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (connection, sequence)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_requests (
  id INTEGER PRIMARY KEY, node TEXT NOT NULL, order_key TEXT NOT NULL, attempts INTEGER NOT NULL, due INTEGER NOT NULL,
  effect TEXT NOT NULL, body);
CREATE TABLE IF NOT EXISTS rw_dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT, flow TEXT NOT NULL, node TEXT NOT NULL, port TEXT NOT NULL, time INTEGER NOT NULL,
  code TEXT NOT NULL, text TEXT NOT NULL, hint TEXT NOT NULL, message TEXT NOT NULL, attempts INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS rw_dead_letters_node ON rw_dead_letters (flow, node, id);
CREATE TABLE IF NOT EXISTS rw_received (
  connection TEXT NOT NULL, packet_id INTEGER NOT NULL, PRIMARY KEY (connection, packet_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_seen (
  connection TEXT NOT NULL, batch INTEGER NOT NULL, entries BLOB NOT NULL, PRIMARY KEY (connection, batch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_attempts (
  connection TEXT NOT NULL, packet_id INTEGER NOT NULL, hash INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (connection, packet_id, hash)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_filters (
  connection TEXT NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL, PRIMARY KEY (connection, filter)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_deploys (
  id INTEGER PRIMARY KEY AUTOINCREMENT, flow TEXT NOT NULL, time INTEGER NOT NULL, hash TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rw_learned (
  connection TEXT NOT NULL, filter TEXT NOT NULL, summary TEXT NOT NULL, PRIMARY KEY (connection, filter)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rw_alarm_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, flow TEXT NOT NULL, node TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL,
  transition TEXT NOT NULL, time INTEGER NOT NULL, condition TEXT NOT NULL, level TEXT, value REAL, "limit" REAL, "by" TEXT, note TEXT);
CREATE INDEX IF NOT EXISTS rw_alarm_log_node ON rw_alarm_log (flow, node, key, id);
CREATE INDEX IF NOT EXISTS rw_deploys_flow ON rw_deploys (flow, id);
${deploysSchema}${authSchema}${auditSchema}${historySchema}${secretsSchema}${brokerUsersSchema}`

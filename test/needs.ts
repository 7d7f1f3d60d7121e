import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Programs that the tests meet for real, with the Debian package that has each. A missing one is a failure, never a skip. */
const needed = [
  { file: '/usr/sbin/mosquitto', package: 'mosquitto' },
  { file: '/usr/bin/mosquitto_pub', package: 'mosquitto-clients' },
  { file: '/usr/bin/openssl', package: 'openssl' },
  { file: '/usr/bin/chromium', package: 'chromium' },
  { file: '/usr/bin/systemd-analyze', package: 'systemd' },
  { file: '/usr/lib/python3/dist-packages/paho/mqtt/client.py', package: 'python3-paho-mqtt' },
]

/** Installs what is missing where it can (root on Debian), else fails with one line that says what to install. */
export function setup(): void {
  const missing = needed.filter((need) => !existsSync(need.file)).map((need) => need.package)
  if (missing.length === 0) return
  const command = `apt-get install -y ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`The tests need ${missing.join(', ')}, which is not installed here. Install it: sudo ${command}`)
  }
  console.log(`Installing what the tests need: ${missing.join(', ')}`)
  try {
    execFileSync('apt-get', ['update', '-q'], { stdio: 'pipe' })
    execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], {
      stdio: 'pipe',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  } catch (cause) {
    throw new Error(`The tests need ${missing.join(', ')} and it could not be installed. Install it: ${command}`, {
      cause,
    })
  }
}

// Brings node_modules in step with package-lock.json, and finds the Node 24 that the server needs.
// Plain JavaScript without imports of ours: it runs on Node 20 with an empty node_modules.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const NODE_MAJOR_MIN = 20
const NODE_MAJOR_SERVER = 24

/** Runs `npm ci` when it is due and returns the path of a Node that can run main.ts. */
export function prepare() {
  if (major(process.versions.node) < NODE_MAJOR_MIN)
    fail(`Node.js ${NODE_MAJOR_MIN} or later is needed, this is ${process.versions.node}`)
  const due = whyDue()
  if (due !== null) {
    const begin = Date.now()
    say(`installing packages (npm ci): ${due}`)
    run(npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']))
    say(`packages installed in ${Math.round((Date.now() - begin) / 1000)} s`)
  }
  return serverNode()
}

/** Null: node_modules holds exactly what the lock file asks for on this platform. */
function whyDue() {
  const lockFile = join(root, 'package-lock.json')
  // A copy installed as a dependency has no lock file: its packages are npm's business.
  if (!existsSync(lockFile)) return null
  const installedFile = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return 'nothing is installed yet'
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue
    const found = installed[path]
    if (found === undefined) {
      if (entry.optional === true) continue
      return `${name(path)} is missing`
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity)
      return `${name(path)} is not ${entry.version}`
    if (!existsSync(join(root, path, 'package.json'))) return `${name(path)} is missing`
  }
  const extra = Object.keys(installed).find((path) => wanted[path] === undefined)
  return extra === undefined ? null : `${name(extra)} is not in the lock file`
}

function name(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** The Node of the package `node`, else this very one when it is new enough (as on platforms that package does not serve). */
function serverNode() {
  const packaged = join(root, 'node_modules', 'node', 'bin', 'node')
  // npm may be set to run no install scripts; this package's is the one we need.
  const installer = join(root, 'node_modules', 'node', 'installArchSpecificPackage.js')
  if (!existsSync(packaged) && existsSync(installer)) {
    say(`installing Node.js ${NODE_MAJOR_SERVER}`)
    spawnSync(process.execPath, [installer], { cwd: dirname(installer), stdio: ['ignore', 'ignore', 'inherit'] })
  }
  if (existsSync(packaged)) return packaged
  if (major(process.versions.node) >= NODE_MAJOR_SERVER) return process.execPath
  return fail(
    `no Node.js ${NODE_MAJOR_SERVER} could be installed for ${process.platform}-${process.arch}; install it and try again`,
  )
}

/** npm as it was started, not by the Node inside the node_modules that it is about to replace. */
function npm(args) {
  const { npm_execpath: script, npm_node_execpath: node } = process.env
  const known =
    script !== undefined && node !== undefined && script.endsWith('.js') && !node.startsWith(join(root, 'node_modules'))
  return known ? [node, [script, ...args]] : ['npm', args]
}

function run([command, args]) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (done.status === 0) return
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}`)
  fail(`${command} ${args[0]} failed${done.error === undefined ? '' : `: ${done.error.message}`}`)
}

function major(version) {
  return Number.parseInt(version, 10)
}

function say(text) {
  process.stderr.write(`lakewire: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) prepare()

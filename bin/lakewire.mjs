#!/usr/bin/env node
// `npm start`, `npx lakewire …`: prepares node_modules when due and runs main.ts on Node 24.

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { prepare } from './prepare.mjs'

const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'main.ts')
const args = process.argv.slice(2)
const node = prepare()

if (Number.parseInt(process.versions.node, 10) >= 24) {
  process.argv[1] = main
  await import(pathToFileURL(main).href)
} else {
  // The first start on an older Node: a child, to which signals are handed on. Its IPC channel closes when we are killed.
  const child = spawn(node, [main, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}

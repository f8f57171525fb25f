import { Command, CommanderError } from 'commander'
import { CallError } from './admin/api/client.ts'
import { addAccountCommands, addConfigOptions, configOf } from './cli.ts'
import { addTrinoCommands } from './cli-trino.ts'
import { lockDataDir, openDataDir } from './data-dir.ts'
import { type Config, ConfigError, printConfig } from './proxy/config.ts'
import { PgError } from './proxy/error.ts'
import { checkRole } from './role.ts'

/** The command line: `start` runs the server until a signal comes, the rest is in cli.ts. */

const EXIT_FAILURE = 1
const EXIT_USAGE = 2
/** 128 + SIGTERM's number, as a shell reports it: the second signal does not wait. */
const EXIT_AT_ONCE = 143

const program = new Command('lakewire')
  .description('An Apache Iceberg lakehouse that looks like PostgreSQL, for many tenants at once')
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'lakewire:')) })
  .exitOverride()
const start = program
  .command('start')
  .description('run the server')
  .option('--print-config', 'print the configuration in force and exit')
addConfigOptions(start, () => true)
start.action(async () => {
  const config = configOf(start)
  if (start.opts().printConfig === true) process.stdout.write(printConfig(config))
  else await serve(config)
})
addAccountCommands(program)
addTrinoCommands(program)

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE
  else if (error instanceof ConfigError || error instanceof CallError) {
    process.stderr.write(`lakewire: ${error.message}\n`)
    process.exitCode = error instanceof ConfigError ? EXIT_USAGE : EXIT_FAILURE
  } else if (error instanceof PgError) {
    const { cause } = error
    process.stderr.write(`lakewire: ${error.message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`)
    process.exit(EXIT_FAILURE)
  } else {
    process.stderr.write(`lakewire: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exit(EXIT_FAILURE)
  }
}

async function serve(config: Config): Promise<void> {
  checkRole(config)
  // A promise nobody waits for has failed: the state is unknown, so the process ends and its supervisor starts a new one (fault X39).
  process.on('unhandledRejection', (reason) => {
    throw reason
  })
  process.on('uncaughtExceptionMonitor', (error, origin) =>
    process.stderr.write(`lakewire: ${origin}: ${error.stack ?? error.message}\n`),
  )

  const stopping = new AbortController()
  const stop = () => {
    if (stopping.signal.aborted) process.exit(EXIT_AT_ONCE)
    stopping.abort()
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop)
  // bin/lakewire.mjs on an older Node is our parent and holds this channel: when it is killed, we go too.
  process.on('disconnect', stop)
  process.channel?.unref()

  const dir = openDataDir(config)
  const lock = lockDataDir(dir)
  if (lock === null) throw new ConfigError(`the data folder ${dir.root} is in use by another Lakewire server`)
  // Here, so that neither the account commands nor a second server wait for engine and compiler to be loaded.
  const { runServer } = await import('./start.ts')
  await runServer(config, dir, {
    print: (line) => process.stdout.write(`${line}\n`),
    progress: (text) => process.stderr.write(`lakewire: ${text}\n`),
    signal: stopping.signal,
  }).catch((error: unknown) => {
    // told to stop while it was starting
    if (!stopping.signal.aborted || error !== stopping.signal.reason) throw error
  })
  lock.release()
  process.exit(0)
}

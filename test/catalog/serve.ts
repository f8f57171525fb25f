import { startCatalog } from './harness.ts'

/** A catalog in a process of its own, for tests that kill it. Says where it is on stdout. */
const folder = process.argv[2]
if (folder === undefined) throw new Error('the folder is missing')
const { uri, tokens } = await startCatalog(folder)
process.stdout.write(`${JSON.stringify({ uri, tokens })}\n`)

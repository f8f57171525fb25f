import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const LINUX_PAGE_BYTES = 4096
const run = promisify(execFile)

/** Resident memory of a process; null when it is gone. */
export async function residentBytes(pid: number): Promise<number | null> {
  try {
    if (process.platform === 'linux') {
      const pages = (await readFile(`/proc/${pid}/statm`, 'latin1')).split(' ')[1]
      return Number(pages) * LINUX_PAGE_BYTES
    }
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)])
    return Number(stdout) * 1024
  } catch {
    return null
  }
}

/** Should the machine run out of memory, the kernel had better end an engine than anything else. Best effort: other systems have no such file. */
export async function volunteerForOom(pid: number): Promise<void> {
  if (process.platform === 'linux') await writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch(() => {})
}

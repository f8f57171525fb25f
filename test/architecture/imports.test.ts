import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ABOVE, BASE, ROOMS } from './rooms.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const HOUSE = ['proxy', 'admin', 'trino', 'spark', 'infra', 'bench']

const IMPORT =
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s+['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)|^\s*import\s+['"]([^'"]+)['"]/gm

function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name) && !entry.parentPath.includes('node_modules'),
    )
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
}

function houseFiles(): string[] {
  const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return HOUSE.filter((name) => folders.some((entry) => entry.name === name)).flatMap(sourceFiles)
}

/** The most exact room that holds a file: a file named by itself goes before its folder. */
function roomOf(file: string): string | null {
  const holding = [...Object.keys(ROOMS), ...BASE, ...ABOVE].filter(
    (room) => file === room || file.startsWith(`${room}/`),
  )
  return holding.sort((a, b) => b.length - a.length)[0] ?? null
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(IMPORT)].flatMap((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? ''
    return target.startsWith('.') ? [relative(ROOT, resolve(ROOT, dirname(file), target))] : []
  })
}

describe('who builds on whom', () => {
  const files = houseFiles()

  test('there is something to look at', () => {
    expect(files.length).toBeGreaterThan(100)
  })

  test('every file lies in a declared room', () => {
    expect(files.filter((file) => roomOf(file) === null)).toEqual([])
  })

  test('every room is there', () => {
    expect(
      Object.keys(ROOMS).filter((room) => !files.some((file) => file === room || file.startsWith(`${room}/`))),
    ).toEqual([])
  })

  test('no file imports from a room that its own may not build on', () => {
    const forbidden = files.flatMap((file) => {
      const from = roomOf(file)
      if (from === null || ABOVE.includes(from)) return []
      return importsOf(file)
        .filter((target) => {
          const to = roomOf(target)
          return to !== from && to !== null && !BASE.includes(to) && !(ROOMS[from] ?? []).includes(to)
        })
        .map((target) => `${file} → ${target}`)
    })
    expect(forbidden).toEqual([])
  })

  test('no rooms build on each other in a circle', () => {
    const open = new Set<string>()
    const done = new Set<string>()
    const visit = (room: string, path: readonly string[]): void => {
      if (done.has(room)) return
      expect(open.has(room), [...path, room].join(' → ')).toBe(false)
      open.add(room)
      for (const next of ROOMS[room] ?? []) visit(next, [...path, room])
      open.delete(room)
      done.add(room)
    }
    for (const room of Object.keys(ROOMS)) visit(room, [])
  })
})

import { defineConfig } from 'vitest/config'

/** The tests that need real servers: S3, MongoDB, Trino. They are installed and started by the set-up. */
export default defineConfig({
  test: {
    include: ['test/stack/**/*.test.ts'],
    globalSetup: ['test/harness/stack-setup.ts'],
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    maxWorkers: 2,
  },
})

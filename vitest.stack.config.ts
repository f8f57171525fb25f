import { defineConfig } from 'vitest/config'

/** The tests that need real servers: S3, MongoDB, Trino. They are installed and started by the set-up. */
export default defineConfig({
  test: {
    include: ['test/stack/**/*.test.ts'],
    globalSetup: ['test/harness/stack-setup.ts'],
    // Generous: a hang is to be found, the load of the tests' machine is not.
    expect: { poll: { timeout: 60_000 } },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    // What differs stands in the message: CI's record shows no more than that.
    chaiConfig: { truncateThreshold: 1000 },
    maxWorkers: 2,
  },
})

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need real servers: npm run test:stack.
    exclude: ['test/stack/**'],
    // Generous: a hang is to be found, the load of the tests' machine is not.
    expect: { poll: { timeout: 60_000 } },
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What differs stands in the message: CI's record shows no more than that.
    chaiConfig: { truncateThreshold: 1000 },
    maxWorkers: 2,
  },
})

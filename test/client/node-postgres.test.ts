import { startLakewire } from '../harness/start.ts'
import { nodePostgresSuite } from './node-postgres-suite.ts'

nodePostgresSuite('duckdb', 'acme', () => startLakewire())

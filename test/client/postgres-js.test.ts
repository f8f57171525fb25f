import { startLakewire } from '../harness/start.ts'
import { postgresJsSuite } from './postgres-js-suite.ts'

postgresJsSuite('duckdb', 'acme', () => startLakewire())

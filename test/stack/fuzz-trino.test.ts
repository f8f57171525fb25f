import { fuzzSuite } from '../harness/fuzz-suite.ts'
import { comparedCluster } from './compared.ts'

/** Many are refused: Trino has no recursion to speak of, and correlates subqueries in their conditions only. */
const REFUSED_SHARE_MAX = 0.75

fuzzSuite({
  compare: comparedCluster,
  engine: 'trino',
  seeds: [1, 30],
  refusedShareMax: REFUSED_SHARE_MAX,
})

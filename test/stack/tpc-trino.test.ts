import { tpcSuite } from '../harness/tpc-suite.ts'
import { comparedCluster } from './compared.ts'

/** TPC-H and TPC-DS on Trino: equal to PostgreSQL's values, in text. */
tpcSuite({ compare: (name) => comparedCluster(name), engine: 'trino' })

import { tpcSuite } from '../harness/tpc-suite.ts'

tpcSuite()

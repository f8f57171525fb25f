import { fuzzSuite } from '../harness/fuzz-suite.ts'

const REFUSED_SHARE_MAX = 0.1

fuzzSuite({ seeds: [1, 200], refusedShareMax: REFUSED_SHARE_MAX })

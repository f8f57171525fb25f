import { orphanSuite } from './orphan-suite.ts'

orphanSuite('a local folder', async () => undefined)

import { openMongoStore } from '../../proxy/store/mongo/mongo-store.ts'
import { openSigner } from '../../proxy/token/signer.ts'
import { createTrinoEngine } from '../../trino/engine.ts'
import { engineContract } from '../engine/contract.ts'
import { stack } from '../harness/stack.ts'
import { TRINO_CONTRACT_SQL } from '../trino/contract-sql.ts'

const TOKEN_S = 600

engineContract('trino', TRINO_CONTRACT_SQL, async () => {
  const { mongo, trino } = stack()
  const store = await openMongoStore(mongo)
  const signer = await openSigner(store)
  const engine = createTrinoEngine({
    url: trino.url,
    catalog: trino.catalog,
    tokenFor: async (tenant, user) => ({
      text: await signer.sign({ audience: 'trino', tenant, user }, TOKEN_S),
      goodForS: TOKEN_S,
    }),
    runMsMax: 60_000,
    zoneDirectories: ['/usr/share/zoneinfo'],
  })
  return {
    engine,
    ownProcess: null,
    async stop() {
      await engine.close()
      await store.close()
    },
  }
})

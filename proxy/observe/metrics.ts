import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { StatementRecord } from './record.ts'

/**
 * What Prometheus reads. Labels are of closed sets: never a user, never SQL, and a tenant only where the operator has asked
 * for it (metrics.tenants), as there may be thousands.
 */
export type Metrics = {
  statement(record: StatementRecord): void
  /** In the text format, and what it is called in HTTP. */
  read(): Promise<string>
  readonly contentType: string
}

export type EngineGauge = {
  readonly name: string
  readonly isWell: boolean
  readonly running: number
  readonly queued: number
}

/** What is looked at when Prometheus asks. */
export type Sources = {
  engines(): readonly EngineGauge[]
  /** sessions that have statements at engines, and statements that wait for their tenant's turn */
  admission(): { readonly running: number; readonly waiting: number }
  historyDropped(): number
}

export type MetricsOptions = { readonly tenants: boolean; readonly sources: Sources | null }

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800]

export function createMetrics({ tenants, sources }: MetricsOptions): Metrics {
  const registers = [new Registry()] as [Registry]
  const [registry] = registers
  collectDefaultMetrics({ register: registry, prefix: 'lakewire_' })
  const ofTenant = tenants ? ['tenant'] : []
  const statements = new Counter({
    name: 'lakewire_statements_total',
    help: 'Statements that have ended, by who answered them, why it was that one, the class of their SQLSTATE and whose fault an error was.',
    labelNames: ['engine', 'why', 'class', 'fault', ...ofTenant],
    registers,
  })
  const seconds = new Histogram({
    name: 'lakewire_statement_seconds',
    help: 'From the arrival of a statement to its end.',
    labelNames: ['engine'],
    buckets: SECONDS,
    registers,
  })
  const firstRow = new Histogram({
    name: 'lakewire_first_row_seconds',
    help: 'From the arrival of a statement to its first rows.',
    labelNames: ['engine'],
    buckets: SECONDS,
    registers,
  })
  const rows = new Counter({
    name: 'lakewire_rows_total',
    help: 'Rows sent to clients or written.',
    labelNames: ['engine', ...ofTenant],
    registers,
  })
  const bytes = new Counter({
    name: 'lakewire_result_bytes_total',
    help: 'Bytes of rows sent to clients.',
    labelNames: ['engine', ...ofTenant],
    registers,
  })
  if (sources !== null) watch(registry, sources)
  return {
    statement: (record) => {
      const { engine } = record
      const tenant = tenants ? { tenant: record.tenant } : {}
      statements.inc({
        engine,
        why: record.why ?? '',
        class: (record.code ?? '00').slice(0, 2),
        fault: record.fault ?? '',
        ...tenant,
      })
      seconds.observe({ engine }, record.durationMs / 1000)
      if (record.firstRowMs !== null) firstRow.observe({ engine }, record.firstRowMs / 1000)
      rows.inc({ engine, ...tenant }, record.rows)
      bytes.inc({ engine, ...tenant }, record.bytes)
    },
    read: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function watch(registry: Registry, sources: Sources): void {
  const registers = [registry] as [Registry]
  const engines = (name: string, help: string, measure: (engine: EngineGauge) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['engine'],
      registers,
      collect() {
        for (const engine of sources.engines()) this.set({ engine: engine.name }, measure(engine))
      },
    })
  engines('lakewire_engine_up', '1 while nothing speaks against sending statements there.', ({ isWell }) =>
    Number(isWell),
  )
  engines('lakewire_engine_running', 'Statements that run there.', ({ running }) => running)
  engines('lakewire_engine_queued', 'Statements that wait there.', ({ queued }) => queued)
  new Gauge({
    name: 'lakewire_admitted_sessions',
    help: 'Sessions that have a statement at an engine.',
    registers,
    collect() {
      this.set(sources.admission().running)
    },
  })
  new Gauge({
    name: 'lakewire_waiting_statements',
    help: 'Statements that wait until their tenant may run one more.',
    registers,
    collect() {
      this.set(sources.admission().waiting)
    },
  })
  new Gauge({
    name: 'lakewire_history_dropped',
    help: 'Statements that are missing in the history, because the store was too slow or away.',
    registers,
    collect() {
      this.set(sources.historyDropped())
    },
  })
}

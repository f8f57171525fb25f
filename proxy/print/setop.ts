import type { SetOperand, SetOperationStmt } from '../compiler/tree/node.ts'
import { unsupported } from '../error.ts'
import { operandShapes, widest } from './numeric.ts'
import * as oid from './oid.ts'
import { subquery } from './recurse.ts'
import { type ColumnType, entryOf, type Scope } from './scope.ts'

/** UNION, INTERSECT and EXCEPT. The analyser says each operation's column types; the leaves may still have others. */
export function setOperation(scope: Scope, operation: SetOperand, types?: readonly ColumnType[]): string {
  if (operation.kind === 'RangeTblRef') return leaf(scope, operation.rtindex, types)
  const wanted = types ?? columnTypes(scope, operation)
  if (!operation.all || operation.op !== 'union') requireIdentities(scope, operation)
  const left = setOperation(scope, operation.larg, wanted)
  const right = setOperation(scope, operation.rarg, wanted)
  const operator = `${operation.op.toUpperCase()}${operation.all ? ' ALL' : ''}`
  return `${nested(operation.larg, left)} ${operator} ${nested(operation.rarg, right)}`
}

function requireIdentities({ printer: { dialect, catalog } }: Scope, { op, colTypes }: SetOperationStmt): void {
  const odd = colTypes.find((type) => !dialect.identifies(catalog, type))
  if (odd !== undefined) throw unsupported(`${op.toUpperCase()} of type ${catalog.type(odd)?.name}`)
}

function nested(operand: SetOperand, printed: string): string {
  return operand.kind === 'SetOperationStmt' ? `(${printed})` : printed
}

function leaf(scope: Scope, rtindex: number, types: readonly ColumnType[] | undefined): string {
  const { rte } = entryOf(scope, rtindex)
  if (rte.rtekind !== 'subquery') throw unsupported('a set operation over something that is no query')
  return `(${subquery(scope, rte.subquery, types)})`
}

function columnTypes(scope: Scope, operation: SetOperationStmt): ColumnType[] {
  const { catalog, dialect } = scope.printer
  return operation.colTypes.map((type, index) => {
    const shape = type === oid.NUMERIC ? widest(scope, operandShapes(scope, operation, index + 1)) : undefined
    return { type, typeName: oid.RECORDS.has(type) ? null : dialect.typeName(catalog, type, -1, shape) }
  })
}

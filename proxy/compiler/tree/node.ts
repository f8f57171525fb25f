import type { EXPRESSIONS, RTE_FIRST, RTE_KINDS, RTE_LAST, SCHEMA, Shape } from './schema.ts'

/**
 * The nodes of an analysed and rewritten query tree, as types: computed from SCHEMA. A node is
 * `{ kind: 'Var', varno: 1, … }` with PostgreSQL's own struct and field names. Fields that are dropped (aliases, locations,
 * what only the planner uses) are not there. Nodes are never changed after reading: walk.ts makes new ones.
 */
type SchemaKind = keyof typeof SCHEMA

export type NodeKind = SchemaKind | 'RangeTblEntry'
export type ExprKind = (typeof EXPRESSIONS)[number]
export type RteKind = keyof typeof RTE_KINDS

type Dropped = { read: 'dropToken' | 'dropTexts' | 'dropNode' }
type Kept<S extends Shape> = { [F in keyof S as S[F] extends Dropped ? never : F]: S[F] }
type FieldsOf<S extends Shape> = { readonly [F in keyof Kept<S>]: ValueOf<Kept<S>[F]> }

type ValueOf<F> = F extends { read: 'bool' }
  ? boolean
  : F extends { read: 'int' | 'oid' | 'float' }
    ? number
    : F extends { read: 'char' }
      ? string | null
      : F extends { read: 'name' }
        ? string
        : F extends { read: 'userText' }
          ? UserText | null
          : F extends { read: 'userTexts' }
            ? readonly UserText[]
            : F extends { read: 'enum' | 'word'; values: readonly (infer V)[] }
              ? Exclude<V, null>
              : F extends { read: 'ints' | 'oids' | 'bits' }
                ? readonly number[]
                : F extends { read: 'datum' }
                  ? Uint8Array | null
                  : F extends { read: 'node'; of: readonly (infer S)[] }
                    ? Stands<S>
                    : F extends { read: 'maybeNode'; of: readonly (infer S)[] }
                      ? Stands<S> | null
                      : F extends { read: 'nodes'; of: readonly (infer S)[] }
                        ? readonly Stands<S>[]
                        : F extends { read: 'maybeNodes'; of: readonly (infer S)[] }
                          ? readonly (Stands<S> | null)[]
                          : F extends { read: 'nodeLists'; of: readonly (infer S)[] }
                            ? readonly (readonly Stands<S>[])[]
                            : F extends { read: 'nodesOrInts'; of: readonly (infer S)[] }
                              ? readonly Stands<S>[] | readonly number[]
                              : never

type Stands<S> = S extends 'Expr' ? Expr : S extends NodeKind ? NodeOf<S> : never

/** The node of a kind. */
export type NodeOf<K extends NodeKind> = K extends 'RangeTblEntry'
  ? RangeTblEntry
  : K extends SchemaKind
    ? { readonly kind: K } & FieldsOf<(typeof SCHEMA)[K]>
    : never

/** The range table entry of one rtekind: `RangeTblEntryOf<'relation'>`. */
export type RangeTblEntryOf<R extends RteKind> = R extends RteKind
  ? { readonly kind: 'RangeTblEntry'; readonly rtekind: R } & FieldsOf<typeof RTE_FIRST> &
      FieldsOf<(typeof RTE_KINDS)[R]> &
      FieldsOf<typeof RTE_LAST>
  : never

export type RangeTblEntry = RangeTblEntryOf<RteKind>

/** Text of a user's that is data of the statement. An object, so that no template string takes it for SQL. */
export type UserText = { readonly userText: string }

export type Node = { [K in NodeKind]: NodeOf<K> }[NodeKind]
export type Expr = { [K in ExprKind]: NodeOf<K> }[ExprKind]
/** What may stand in FROM. */
export type JoinTree = NodeOf<'RangeTblRef'> | NodeOf<'JoinExpr'> | NodeOf<'FromExpr'>
/** What may stand on either side of UNION and its kin. */
export type SetOperand = NodeOf<'RangeTblRef'> | NodeOf<'SetOperationStmt'>

export type Query = NodeOf<'Query'>
export type TargetEntry = NodeOf<'TargetEntry'>
export type RTEPermissionInfo = NodeOf<'RTEPermissionInfo'>
export type RangeTblFunction = NodeOf<'RangeTblFunction'>
export type TableFunc = NodeOf<'TableFunc'>
export type TableSampleClause = NodeOf<'TableSampleClause'>
export type FromExpr = NodeOf<'FromExpr'>
export type JoinExpr = NodeOf<'JoinExpr'>
export type RangeTblRef = NodeOf<'RangeTblRef'>
export type SetOperationStmt = NodeOf<'SetOperationStmt'>
export type SortGroupClause = NodeOf<'SortGroupClause'>
export type GroupingSet = NodeOf<'GroupingSet'>
export type WindowClause = NodeOf<'WindowClause'>
export type CommonTableExpr = NodeOf<'CommonTableExpr'>
export type CTESearchClause = NodeOf<'CTESearchClause'>
export type CTECycleClause = NodeOf<'CTECycleClause'>
export type MergeAction = NodeOf<'MergeAction'>
export type OnConflictExpr = NodeOf<'OnConflictExpr'>
export type WithCheckOption = NodeOf<'WithCheckOption'>
export type RowMarkClause = NodeOf<'RowMarkClause'>
export type Var = NodeOf<'Var'>
export type Const = NodeOf<'Const'>
export type Param = NodeOf<'Param'>
export type Aggref = NodeOf<'Aggref'>
export type GroupingFunc = NodeOf<'GroupingFunc'>
export type WindowFunc = NodeOf<'WindowFunc'>
export type SubscriptingRef = NodeOf<'SubscriptingRef'>
export type FuncExpr = NodeOf<'FuncExpr'>
export type OpExpr = NodeOf<'OpExpr'>
export type DistinctExpr = NodeOf<'DistinctExpr'>
export type NullIfExpr = NodeOf<'NullIfExpr'>
export type ScalarArrayOpExpr = NodeOf<'ScalarArrayOpExpr'>
export type BoolExpr = NodeOf<'BoolExpr'>
export type SubLink = NodeOf<'SubLink'>
export type FieldSelect = NodeOf<'FieldSelect'>
export type RelabelType = NodeOf<'RelabelType'>
export type CoerceViaIO = NodeOf<'CoerceViaIO'>
export type ArrayCoerceExpr = NodeOf<'ArrayCoerceExpr'>
export type CollateExpr = NodeOf<'CollateExpr'>
export type CaseExpr = NodeOf<'CaseExpr'>
export type CaseWhen = NodeOf<'CaseWhen'>
export type ArrayExpr = NodeOf<'ArrayExpr'>
export type RowExpr = NodeOf<'RowExpr'>
export type RowCompareExpr = NodeOf<'RowCompareExpr'>
export type CoalesceExpr = NodeOf<'CoalesceExpr'>
export type MinMaxExpr = NodeOf<'MinMaxExpr'>
export type SQLValueFunction = NodeOf<'SQLValueFunction'>
export type JsonExpr = NodeOf<'JsonExpr'>
export type JsonConstructorExpr = NodeOf<'JsonConstructorExpr'>
export type NullTest = NodeOf<'NullTest'>
export type BooleanTest = NodeOf<'BooleanTest'>
export type CoerceToDomain = NodeOf<'CoerceToDomain'>

// A schema that names a slot which is no node is an error here.
type SlotNames<S extends Shape> = { [F in keyof S]: S[F] extends { of: readonly (infer N)[] } ? N : never }[keyof S]
type EverySlot =
  | { [K in SchemaKind]: SlotNames<(typeof SCHEMA)[K]> }[SchemaKind]
  | { [R in RteKind]: SlotNames<(typeof RTE_KINDS)[R]> }[RteKind]
type Nothing<T extends never> = T
export type UnknownSlots = Nothing<Exclude<EverySlot | ExprKind, NodeKind | 'Expr'>>

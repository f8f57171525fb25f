/**
 * Every node that an analysed and rewritten query tree of PostgreSQL 18 can hold, field by field, in the order in which
 * outfuncs.c writes them. The reader, the node types and the walkers are all derived from this one table, so a field that
 * is not written here cannot be skipped by accident: the reader refuses it.
 *
 * Struct and field names are PostgreSQL's own (src/include/nodes/primnodes.h and parsenodes.h); values of enumerations are
 * the enumerators' names without their prefix, in lower case.
 * test/compiler/schema.test.ts holds the table against dumps of the real server.
 */

/** How one field is read, and by that what it becomes. */
export type Field =
  | { read: 'bool' | 'int' | 'oid' | 'float' | 'char' }
  /** a character or a word out of a closed list, written as it is */
  | { read: 'word'; values: readonly string[] }
  /** text that is the identity of something within the tree */
  | { read: 'name' }
  /** text of the user's that is data (an XML element's name): never printable as SQL without becoming a literal */
  | { read: 'userText' | 'userTexts' }
  | { read: 'enum'; values: readonly (string | null)[] }
  | { read: 'ints' | 'oids' | 'bits' }
  | { read: 'datum' }
  | { read: 'node' | 'maybeNode' | 'nodes' | 'maybeNodes' | 'nodeLists'; of: readonly Slot[] }
  /** a list of node of these kinds, or of integers */
  | { read: 'nodesOrInts'; of: readonly Slot[] }
  /** checked for shape and thrown away: names that are only display, locations, what the planner fills in */
  | { read: 'dropToken' | 'dropTexts' }
  | { read: 'dropNode'; of: readonly Slot[] }

/** What may stand in a slot: a node's kind, or any expression. */
export type Slot = string

export type Shape = Readonly<Record<string, Field>>

const bool = { read: 'bool' } as const
const int = { read: 'int' } as const
const oid = { read: 'oid' } as const
const float = { read: 'float' } as const
const char = { read: 'char' } as const
const name = { read: 'name' } as const
const userText = { read: 'userText' } as const
const userTexts = { read: 'userTexts' } as const
const ints = { read: 'ints' } as const
const oids = { read: 'oids' } as const
const bits = { read: 'bits' } as const
const datum = { read: 'datum' } as const
const location = { read: 'dropToken' } as const
const dropToken = { read: 'dropToken' } as const
const dropTexts = { read: 'dropTexts' } as const
const dropAlias = { read: 'dropNode', of: ['Alias'] } as const

const oneOf = <const V extends readonly (string | null)[]>(...values: V) => ({ read: 'enum', values }) as const
const oneOfWord = <const V extends readonly string[]>(...values: V) => ({ read: 'word', values }) as const
const node = <const S extends readonly Slot[]>(...of: S) => ({ read: 'node', of }) as const
const maybe = <const S extends readonly Slot[]>(...of: S) => ({ read: 'maybeNode', of }) as const
const nodes = <const S extends readonly Slot[]>(...of: S) => ({ read: 'nodes', of }) as const
const maybeNodes = <const S extends readonly Slot[]>(...of: S) => ({ read: 'maybeNodes', of }) as const
const nodeLists = <const S extends readonly Slot[]>(...of: S) => ({ read: 'nodeLists', of }) as const
const nodesOrInts = <const S extends readonly Slot[]>(...of: S) => ({ read: 'nodesOrInts', of }) as const

const commandType = oneOf('unknown', 'select', 'update', 'insert', 'delete', 'merge', 'utility', 'nothing')
const overriding = oneOf('not_set', 'user_value', 'system_value')
const joinType = oneOf('inner', 'left', 'full', 'right', 'semi', 'anti', 'right_semi', 'right_anti')
const setOperation = oneOf('none', 'union', 'intersect', 'except')
const coercionForm = oneOf('explicit_call', 'explicit_cast', 'implicit_cast', 'sql_syntax')

/** OpExpr, DistinctExpr and NullIfExpr are one struct in PostgreSQL. */
const operator = {
  opno: oid,
  opfuncid: oid,
  opresulttype: oid,
  opretset: bool,
  opcollid: oid,
  inputcollid: oid,
  args: nodes('Expr'),
  location,
} as const satisfies Shape

/** Fields that PostgreSQL calls `kind`, which is here the name of the node. */
export const LABELS: Readonly<Record<string, string>> = { setKind: 'kind', checkKind: 'kind' }

/** What may stand where an expression may. */
export const EXPRESSIONS = [
  'Var',
  'Const',
  'Param',
  'Aggref',
  'GroupingFunc',
  'WindowFunc',
  'MergeSupportFunc',
  'SubscriptingRef',
  'FuncExpr',
  'NamedArgExpr',
  'OpExpr',
  'DistinctExpr',
  'NullIfExpr',
  'ScalarArrayOpExpr',
  'BoolExpr',
  'SubLink',
  'FieldSelect',
  'FieldStore',
  'RelabelType',
  'CoerceViaIO',
  'ArrayCoerceExpr',
  'ConvertRowtypeExpr',
  'CollateExpr',
  'CaseExpr',
  'CaseTestExpr',
  'ArrayExpr',
  'RowExpr',
  'RowCompareExpr',
  'CoalesceExpr',
  'MinMaxExpr',
  'SQLValueFunction',
  'XmlExpr',
  'JsonValueExpr',
  'JsonConstructorExpr',
  'JsonIsPredicate',
  'JsonExpr',
  'NullTest',
  'BooleanTest',
  'CoerceToDomain',
  'CoerceToDomainValue',
  'SetToDefault',
  'CurrentOfExpr',
  'NextValueExpr',
  'ReturningExpr',
] as const

export const SCHEMA = {
  Query: {
    commandType,
    querySource: oneOf('original', 'parser', 'instead_rule', 'qual_instead_rule', 'non_instead_rule'),
    canSetTag: bool,
    /** a utility statement's tree is never read: reader.ts takes only the name of its node */
    utilityStmt: maybe(),
    resultRelation: int,
    hasAggs: bool,
    hasWindowFuncs: bool,
    hasTargetSRFs: bool,
    hasSubLinks: bool,
    hasDistinctOn: bool,
    hasRecursive: bool,
    hasModifyingCTE: bool,
    hasForUpdate: bool,
    hasRowSecurity: bool,
    hasGroupRTE: bool,
    isReturn: bool,
    cteList: nodes('CommonTableExpr'),
    rtable: nodes('RangeTblEntry'),
    rteperminfos: nodes('RTEPermissionInfo'),
    jointree: maybe('FromExpr'),
    mergeActionList: nodes('MergeAction'),
    mergeTargetRelation: int,
    mergeJoinCondition: maybe('Expr'),
    targetList: nodes('TargetEntry'),
    override: overriding,
    onConflict: maybe('OnConflictExpr'),
    returningOldAlias: dropToken,
    returningNewAlias: dropToken,
    returningList: nodes('TargetEntry'),
    groupClause: nodes('SortGroupClause'),
    groupDistinct: bool,
    groupingSets: nodes('GroupingSet'),
    havingQual: maybe('Expr'),
    windowClause: nodes('WindowClause'),
    distinctClause: nodes('SortGroupClause'),
    sortClause: nodes('SortGroupClause'),
    limitOffset: maybe('Expr'),
    limitCount: maybe('Expr'),
    limitOption: oneOf('count', 'with_ties'),
    rowMarks: nodes('RowMarkClause'),
    setOperations: maybe('SetOperationStmt'),
    constraintDeps: oids,
    withCheckOptions: nodes('WithCheckOption'),
    stmt_location: location,
    stmt_len: location,
  },
  RTEPermissionInfo: {
    relid: oid,
    inh: bool,
    /** ACL_INSERT 1, ACL_SELECT 2, ACL_UPDATE 4, ACL_DELETE 8 … https://www.postgresql.org/docs/18/ddl-priv.html */
    requiredPerms: int,
    /** role whose privileges count; 0: the session's */
    checkAsUser: oid,
    /** attribute number + 7 (FirstLowInvalidHeapAttributeNumber) */
    selectedCols: bits,
    insertedCols: bits,
    updatedCols: bits,
  },
  RangeTblFunction: {
    funcexpr: node('Expr'),
    funccolcount: int,
    funccolnames: userTexts,
    funccoltypes: oids,
    funccoltypmods: ints,
    funccolcollations: oids,
    funcparams: bits,
  },
  TableSampleClause: { tsmhandler: oid, args: nodes('Expr'), repeatable: maybe('Expr') },
  TableFunc: {
    functype: oneOf('xmltable', 'json_table'),
    ns_uris: nodes('Expr'),
    ns_names: userTexts,
    docexpr: maybe('Expr'),
    rowexpr: maybe('Expr'),
    colnames: userTexts,
    coltypes: oids,
    coltypmods: ints,
    colcollations: oids,
    colexprs: maybeNodes('Expr'),
    coldefexprs: maybeNodes('Expr'),
    colvalexprs: maybeNodes('Expr'),
    passingvalexprs: nodes('Expr'),
    notnulls: bits,
    plan: maybe('JsonTablePathScan', 'JsonTableSiblingJoin'),
    ordinalitycol: int,
    location,
  },
  /** Only the columns' names are kept: whole-row values turned into JSON or XML show them as data. */
  Alias: { aliasname: dropToken, colnames: userTexts },

  TargetEntry: {
    expr: node('Expr'),
    resno: int,
    resname: dropToken,
    ressortgroupref: int,
    resorigtbl: oid,
    resorigcol: int,
    resjunk: bool,
  },
  FromExpr: { fromlist: nodes('RangeTblRef', 'JoinExpr', 'FromExpr'), quals: maybe('Expr') },
  JoinExpr: {
    jointype: joinType,
    isNatural: bool,
    larg: node('RangeTblRef', 'JoinExpr', 'FromExpr'),
    rarg: node('RangeTblRef', 'JoinExpr', 'FromExpr'),
    usingClause: dropTexts,
    join_using_alias: dropAlias,
    quals: maybe('Expr'),
    alias: dropAlias,
    rtindex: int,
  },
  RangeTblRef: { rtindex: int },
  SetOperationStmt: {
    op: setOperation,
    all: bool,
    larg: node('RangeTblRef', 'SetOperationStmt'),
    rarg: node('RangeTblRef', 'SetOperationStmt'),
    colTypes: oids,
    colTypmods: ints,
    colCollations: oids,
    groupClauses: nodes('SortGroupClause'),
  },
  SortGroupClause: {
    tleSortGroupRef: int,
    eqop: oid,
    sortop: oid,
    reverse_sort: bool,
    nulls_first: bool,
    hashable: bool,
  },
  GroupingSet: {
    setKind: oneOf('empty', 'simple', 'rollup', 'cube', 'sets'),
    /** integers (tleSortGroupRef) for simple, GroupingSet for the others */
    content: nodesOrInts('GroupingSet'),
    location,
  },
  WindowClause: {
    name: dropToken,
    refname: dropToken,
    partitionClause: nodes('SortGroupClause'),
    orderClause: nodes('SortGroupClause'),
    /** FRAMEOPTION_ bits of parsenodes.h */
    frameOptions: int,
    startOffset: maybe('Expr'),
    endOffset: maybe('Expr'),
    startInRangeFunc: oid,
    endInRangeFunc: oid,
    inRangeColl: oid,
    inRangeAsc: bool,
    inRangeNullsFirst: bool,
    winref: int,
    copiedOrder: bool,
  },
  CommonTableExpr: {
    ctename: name,
    aliascolnames: dropTexts,
    ctematerialized: oneOf('default', 'always', 'never'),
    ctequery: node('Query'),
    search_clause: maybe('CTESearchClause'),
    cycle_clause: maybe('CTECycleClause'),
    location,
    cterecursive: bool,
    cterefcount: int,
    ctecolnames: userTexts,
    ctecoltypes: oids,
    ctecoltypmods: ints,
    ctecolcollations: oids,
  },
  CTESearchClause: {
    search_col_list: userTexts,
    search_breadth_first: bool,
    search_seq_column: userText,
    location,
  },
  CTECycleClause: {
    cycle_col_list: userTexts,
    cycle_mark_column: userText,
    cycle_mark_value: maybe('Expr'),
    cycle_mark_default: maybe('Expr'),
    cycle_path_column: userText,
    location,
    cycle_mark_type: oid,
    cycle_mark_typmod: int,
    cycle_mark_collation: oid,
    cycle_mark_neop: oid,
  },
  MergeAction: {
    matchKind: oneOf('matched', 'not_matched_by_source', 'not_matched_by_target'),
    commandType,
    override: overriding,
    qual: maybe('Expr'),
    targetList: nodes('TargetEntry'),
    updateColnos: ints,
  },
  OnConflictExpr: {
    action: oneOf('none', 'nothing', 'update'),
    arbiterElems: nodes('InferenceElem'),
    arbiterWhere: maybe('Expr'),
    constraint: oid,
    onConflictSet: nodes('TargetEntry'),
    onConflictWhere: maybe('Expr'),
    exclRelIndex: int,
    exclRelTlist: nodes('TargetEntry'),
  },
  InferenceElem: { expr: node('Expr'), infercollid: oid, inferopclass: oid },
  WithCheckOption: {
    checkKind: oneOf(
      'view_check',
      'rls_insert_check',
      'rls_update_check',
      'rls_conflict_check',
      'rls_merge_update_check',
      'rls_merge_delete_check',
    ),
    relname: userText,
    polname: userText,
    qual: maybe('Expr'),
    cascaded: bool,
  },
  RowMarkClause: {
    rti: int,
    strength: oneOf('none', 'forkeyshare', 'forshare', 'fornokeyupdate', 'forupdate'),
    waitPolicy: oneOf('block', 'skip', 'error'),
    pushedDown: bool,
  },

  Var: {
    varno: int,
    varattno: int,
    vartype: oid,
    vartypmod: int,
    varcollid: oid,
    varnullingrels: bits,
    varlevelsup: int,
    varreturningtype: oneOf('default', 'old', 'new'),
    varnosyn: dropToken,
    varattnosyn: dropToken,
    location,
  },
  Const: {
    consttype: oid,
    consttypmod: int,
    constcollid: oid,
    constlen: int,
    constbyval: bool,
    constisnull: bool,
    location,
    constvalue: datum,
  },
  Param: {
    paramkind: oneOf('extern', 'exec', 'sublink', 'multiexpr'),
    paramid: int,
    paramtype: oid,
    paramtypmod: int,
    paramcollid: oid,
    location,
  },
  Aggref: {
    aggfnoid: oid,
    aggtype: oid,
    aggcollid: oid,
    inputcollid: oid,
    aggtranstype: dropToken,
    aggargtypes: oids,
    aggdirectargs: nodes('Expr'),
    args: nodes('TargetEntry'),
    aggorder: nodes('SortGroupClause'),
    aggdistinct: nodes('SortGroupClause'),
    aggfilter: maybe('Expr'),
    aggstar: bool,
    aggvariadic: bool,
    /** pg_aggregate.aggkind: normal, ordered-set, hypothetical-set */
    aggkind: oneOfWord('n', 'o', 'h'),
    aggpresorted: dropToken,
    agglevelsup: int,
    aggsplit: dropToken,
    aggno: dropToken,
    aggtransno: dropToken,
    location,
  },
  GroupingFunc: { args: nodes('Expr'), refs: ints, cols: ints, agglevelsup: int, location },
  WindowFunc: {
    winfnoid: oid,
    wintype: oid,
    wincollid: oid,
    inputcollid: oid,
    args: nodes('Expr'),
    aggfilter: maybe('Expr'),
    runCondition: nodes('WindowFuncRunCondition'),
    winref: int,
    winstar: bool,
    winagg: bool,
    location,
  },
  WindowFuncRunCondition: { opno: oid, inputcollid: oid, wfunc_left: bool, arg: node('Expr') },
  MergeSupportFunc: { msftype: oid, msfcollid: oid, location },
  SubscriptingRef: {
    refcontainertype: oid,
    refelemtype: oid,
    refrestype: oid,
    reftypmod: int,
    refcollid: oid,
    /** null: a bound left out of a slice */
    refupperindexpr: maybeNodes('Expr'),
    reflowerindexpr: maybeNodes('Expr'),
    refexpr: node('Expr'),
    refassgnexpr: maybe('Expr'),
  },
  FuncExpr: {
    funcid: oid,
    funcresulttype: oid,
    funcretset: bool,
    funcvariadic: bool,
    funcformat: coercionForm,
    funccollid: oid,
    inputcollid: oid,
    args: nodes('Expr'),
    location,
  },
  NamedArgExpr: { arg: node('Expr'), name: dropToken, argnumber: int, location },
  OpExpr: operator,
  DistinctExpr: operator,
  NullIfExpr: operator,
  ScalarArrayOpExpr: {
    opno: oid,
    opfuncid: oid,
    hashfuncid: dropToken,
    negfuncid: dropToken,
    useOr: bool,
    inputcollid: oid,
    args: nodes('Expr'),
    location,
  },
  BoolExpr: { boolop: oneOfWord('and', 'or', 'not'), args: nodes('Expr'), location },
  SubLink: {
    subLinkType: oneOf('exists', 'all', 'any', 'rowcompare', 'expr', 'multiexpr', 'array', 'cte'),
    subLinkId: int,
    testexpr: maybe('Expr'),
    operName: dropTexts,
    subselect: node('Query'),
    location,
  },
  FieldSelect: { arg: node('Expr'), fieldnum: int, resulttype: oid, resulttypmod: int, resultcollid: oid },
  FieldStore: { arg: maybe('Expr'), newvals: nodes('Expr'), fieldnums: ints, resulttype: oid },
  RelabelType: {
    arg: node('Expr'),
    resulttype: oid,
    resulttypmod: int,
    resultcollid: oid,
    relabelformat: coercionForm,
    location,
  },
  CoerceViaIO: { arg: node('Expr'), resulttype: oid, resultcollid: oid, coerceformat: coercionForm, location },
  ArrayCoerceExpr: {
    arg: node('Expr'),
    elemexpr: node('Expr'),
    resulttype: oid,
    resulttypmod: int,
    resultcollid: oid,
    coerceformat: coercionForm,
    location,
  },
  ConvertRowtypeExpr: { arg: node('Expr'), resulttype: oid, convertformat: coercionForm, location },
  CollateExpr: { arg: node('Expr'), collOid: oid, location },
  CaseExpr: {
    casetype: oid,
    casecollid: oid,
    arg: maybe('Expr'),
    args: nodes('CaseWhen'),
    defresult: maybe('Expr'),
    location,
  },
  CaseWhen: { expr: node('Expr'), result: node('Expr'), location },
  CaseTestExpr: { typeId: oid, typeMod: int, collation: oid },
  ArrayExpr: {
    array_typeid: oid,
    array_collid: oid,
    element_typeid: oid,
    elements: nodes('Expr'),
    multidims: bool,
    list_start: location,
    list_end: location,
    location,
  },
  RowExpr: { args: nodes('Expr'), row_typeid: oid, row_format: coercionForm, colnames: userTexts, location },
  RowCompareExpr: {
    cmptype: oneOf('invalid', 'lt', 'le', 'eq', 'ge', 'gt', 'ne'),
    opnos: oids,
    opfamilies: oids,
    inputcollids: oids,
    largs: nodes('Expr'),
    rargs: nodes('Expr'),
  },
  CoalesceExpr: { coalescetype: oid, coalescecollid: oid, args: nodes('Expr'), location },
  MinMaxExpr: {
    minmaxtype: oid,
    minmaxcollid: oid,
    inputcollid: oid,
    op: oneOf('greatest', 'least'),
    args: nodes('Expr'),
    location,
  },
  SQLValueFunction: {
    op: oneOf(
      'current_date',
      'current_time',
      'current_time_n',
      'current_timestamp',
      'current_timestamp_n',
      'localtime',
      'localtime_n',
      'localtimestamp',
      'localtimestamp_n',
      'current_role',
      'current_user',
      'user',
      'session_user',
      'current_catalog',
      'current_schema',
    ),
    type: oid,
    typmod: int,
    location,
  },
  XmlExpr: {
    op: oneOf('concat', 'element', 'forest', 'parse', 'pi', 'root', 'serialize', 'document'),
    name: userText,
    named_args: nodes('Expr'),
    arg_names: userTexts,
    args: nodes('Expr'),
    xmloption: oneOf('document', 'content'),
    indent: bool,
    type: oid,
    typmod: int,
    location,
  },
  JsonFormat: {
    format_type: oneOf('default', 'json', 'jsonb'),
    encoding: oneOf('default', 'utf8', 'utf16', 'utf32'),
    location,
  },
  JsonReturning: { format: node('JsonFormat'), typid: oid, typmod: int },
  JsonValueExpr: { raw_expr: node('Expr'), formatted_expr: maybe('Expr'), format: node('JsonFormat') },
  JsonConstructorExpr: {
    type: oneOf(null, 'object', 'array', 'objectagg', 'arrayagg', 'parse', 'scalar', 'serialize'),
    args: nodes('Expr'),
    func: maybe('Expr'),
    coercion: maybe('Expr'),
    returning: node('JsonReturning'),
    absent_on_null: bool,
    unique: bool,
    location,
  },
  JsonIsPredicate: {
    expr: node('Expr'),
    format: maybe('JsonFormat'),
    item_type: oneOf('any', 'object', 'array', 'scalar'),
    unique_keys: bool,
    location,
  },
  JsonBehavior: {
    btype: oneOf('null', 'error', 'empty', 'true', 'false', 'unknown', 'empty_array', 'empty_object', 'default'),
    expr: maybe('Expr'),
    coerce: bool,
    location,
  },
  JsonExpr: {
    op: oneOf('exists', 'query', 'value', 'table'),
    column_name: dropToken,
    formatted_expr: maybe('Expr'),
    format: node('JsonFormat'),
    path_spec: maybe('Expr'),
    returning: node('JsonReturning'),
    passing_names: userTexts,
    passing_values: nodes('Expr'),
    on_empty: maybe('JsonBehavior'),
    on_error: maybe('JsonBehavior'),
    use_io_coercion: bool,
    use_json_coercion: bool,
    wrapper: oneOf('unspec', 'none', 'conditional', 'unconditional'),
    omit_quotes: bool,
    collation: oid,
    location,
  },
  JsonTablePath: { value: node('Const'), name: dropToken },
  JsonTablePathScan: {
    path: node('JsonTablePath'),
    errorOnError: bool,
    child: maybe('JsonTablePathScan', 'JsonTableSiblingJoin'),
    colMin: int,
    colMax: int,
  },
  JsonTableSiblingJoin: {
    lplan: node('JsonTablePathScan', 'JsonTableSiblingJoin'),
    rplan: node('JsonTablePathScan', 'JsonTableSiblingJoin'),
  },
  NullTest: { arg: node('Expr'), nulltesttype: oneOf('is_null', 'is_not_null'), argisrow: bool, location },
  BooleanTest: {
    arg: node('Expr'),
    booltesttype: oneOf('is_true', 'is_not_true', 'is_false', 'is_not_false', 'is_unknown', 'is_not_unknown'),
    location,
  },
  CoerceToDomain: {
    arg: node('Expr'),
    resulttype: oid,
    resulttypmod: int,
    resultcollid: oid,
    coercionformat: coercionForm,
    location,
  },
  CoerceToDomainValue: { typeId: oid, typeMod: int, collation: oid, location },
  SetToDefault: { typeId: oid, typeMod: int, collation: oid, location },
  CurrentOfExpr: { cvarno: int, cursor_name: userText, cursor_param: int },
  NextValueExpr: { seqid: oid, typeId: oid },
  ReturningExpr: { retlevelsup: int, retold: bool, retexpr: node('Expr') },
} as const satisfies Record<string, Shape>

/** outfuncs.c writes a RangeTblEntry by hand: these, then those of its rtekind, then the last ones. */
export const RTE_FIRST = { alias: dropAlias, eref: maybe('Alias') } as const satisfies Shape
export const RTE_LAST = {
  lateral: bool,
  inFromCl: bool,
  /** policies of row security and quals of security barrier views, to be applied before anything else, in this order */
  securityQuals: nodes('Expr'),
} as const satisfies Shape

const columnTypes = { coltypes: oids, coltypmods: ints, colcollations: oids } as const satisfies Shape
const relation = {
  relid: oid,
  inh: bool,
  relkind: char,
  rellockmode: dropToken,
  perminfoindex: int,
} as const satisfies Shape

/** In the order of enum RTEKind. */
export const RTE_KINDS = {
  relation: { ...relation, tablesample: maybe('TableSampleClause') },
  /** relid and the rest are those of the view that it was expanded from, else 0 */
  subquery: { subquery: node('Query'), security_barrier: bool, ...relation },
  join: {
    jointype: joinType,
    joinmergedcols: int,
    /** null: a column that has been dropped */
    joinaliasvars: maybeNodes('Expr'),
    joinleftcols: ints,
    joinrightcols: ints,
    join_using_alias: dropAlias,
  },
  function: { functions: nodes('RangeTblFunction'), funcordinality: bool },
  tablefunc: { tablefunc: node('TableFunc') },
  values: { values_lists: nodeLists('Expr'), ...columnTypes },
  cte: { ctename: name, ctelevelsup: int, self_reference: bool, ...columnTypes },
  namedtuplestore: { enrname: userText, enrtuples: float, ...columnTypes },
  result: {},
  group: { groupexprs: nodes('Expr') },
} as const satisfies Record<string, Shape>

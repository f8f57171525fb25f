/** Statements that PostgreSQL does not plan, by the name of their raw node (parsenodes.h). */
const UTILITY_NODES = `
AlterCollationStmt AlterDatabaseRefreshCollStmt AlterDatabaseSetStmt AlterDatabaseStmt AlterDefaultPrivilegesStmt
AlterDomainStmt AlterEnumStmt AlterEventTrigStmt AlterExtensionContentsStmt AlterExtensionStmt AlterFdwStmt
AlterForeignServerStmt AlterFunctionStmt AlterObjectDependsStmt AlterObjectSchemaStmt AlterOperatorStmt AlterOpFamilyStmt
AlterOwnerStmt AlterPolicyStmt AlterPublicationStmt AlterRoleSetStmt AlterRoleStmt AlterSeqStmt AlterStatsStmt
AlterSubscriptionStmt AlterSystemStmt AlterTableMoveAllStmt AlterTableSpaceOptionsStmt AlterTableStmt
AlterTSConfigurationStmt AlterTSDictionaryStmt AlterTypeStmt AlterUserMappingStmt CallStmt CheckPointStmt ClosePortalStmt
ClusterStmt CommentStmt CompositeTypeStmt ConstraintsSetStmt CopyStmt CreateAmStmt CreateCastStmt CreateConversionStmt
CreatedbStmt CreateDomainStmt CreateEnumStmt CreateEventTrigStmt CreateExtensionStmt CreateFdwStmt
CreateForeignServerStmt CreateForeignTableStmt CreateFunctionStmt CreateOpClassStmt CreateOpFamilyStmt CreatePLangStmt
CreatePolicyStmt CreatePublicationStmt CreateRangeStmt CreateRoleStmt CreateSchemaStmt CreateSeqStmt CreateStatsStmt
CreateStmt CreateSubscriptionStmt CreateTableAsStmt CreateTableSpaceStmt CreateTransformStmt CreateTrigStmt
CreateUserMappingStmt DeallocateStmt DeclareCursorStmt DefineStmt DiscardStmt DoStmt DropdbStmt DropOwnedStmt DropRoleStmt
DropStmt DropSubscriptionStmt DropTableSpaceStmt DropUserMappingStmt ExecuteStmt ExplainStmt FetchStmt GrantRoleStmt
GrantStmt ImportForeignSchemaStmt IndexStmt ListenStmt LoadStmt LockStmt NotifyStmt PrepareStmt ReassignOwnedStmt
RefreshMatViewStmt ReindexStmt RenameStmt RuleStmt SecLabelStmt TransactionStmt TruncateStmt UnlistenStmt VacuumStmt
VariableSetStmt VariableShowStmt ViewStmt`
  .trim()
  .split(/\s+/)

const NAME_OF_DUMP: ReadonlyMap<string, string> = new Map(UTILITY_NODES.map((name) => [name.toUpperCase(), name]))

/** "CREATESTMT" → "CreateStmt"; undefined: not a statement that we know. */
export function utilityNode(nameInDump: string): string | undefined {
  return NAME_OF_DUMP.get(nameInDump)
}

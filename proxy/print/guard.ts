import type { WithCheckOption } from '../compiler/tree/node.ts'
import { expression } from './recurse.ts'
import type { Scope } from './scope.ts'

/**
 * Statements that raise an error when a row about to be written breaks a policy's WITH CHECK or a view's CHECK OPTION.
 * `rows` is the FROM item that holds the new rows; `kept` are their checks already computed there.
 */
export function checkGuards(scope: Scope, rows: string, kept: readonly string[] = []): string[] {
  return scope.query.withCheckOptions.map((option, index) => {
    const holds = kept[index] ?? (option.qual === null ? 'true' : expression(scope, option.qual))
    const [code, message] = violation(option)
    // NULL is no permission.
    return `SELECT ${scope.printer.dialect.raise(code, message)} FROM ${rows} WHERE ${holds} IS DISTINCT FROM true LIMIT 1`
  })
}

/** ExecWithCheckOptions of execMain.c */
function violation(option: WithCheckOption): [code: string, message: string] {
  const relation = option.relname?.userText ?? ''
  if (option.checkKind === 'view_check') return ['44000', `new row violates check option for view "${relation}"`]
  const using = option.checkKind === 'rls_merge_update_check' || option.checkKind === 'rls_merge_delete_check'
  const policy =
    option.polname === null ? 'row-level security policy' : `row-level security policy "${option.polname.userText}"`
  return [
    '42501',
    `${using ? 'target' : 'new'} row violates ${policy}${using ? ' (USING expression)' : ''} for table "${relation}"`,
  ]
}

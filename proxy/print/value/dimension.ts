import type { Answer, Call } from '../answer.ts'
import { fill, print } from '../answer-parts.ts'

const SEVERAL = /^(\{\{|\[[\d:-]+\])/

/** Refuses a constant, or constructor, of several dimensions, or of bounds of its own, which no engine knows. */
export function oneDimensionOf(isArrayType: (typeName: string) => boolean) {
  const refuse = (call: Call): void => {
    for (let index = 0; index < call.count; index++) {
      const node = call.argument(index)
      if (node.kind === 'ArrayExpr' && node.multidims) call.unsupported('an array of several dimensions')
      const value = call.constant(index)
      if (typeof value === 'string' && SEVERAL.test(value) && isArrayType(call.typeName(call.type(index))))
        call.unsupported('an array of several dimensions, or with other bounds')
    }
  }
  const guard = (answer: Exclude<Answer, { unsupported: string }>): Answer =>
    print((call) => {
      refuse(call)
      if ('print' in answer) return answer.print(call)
      return 'name' in answer
        ? `${answer.name}(${call.args().join(', ')})`
        : fill(answer.template, call.args(), () => call.resultTypeName())
    })
  return <K extends string>(answers: Readonly<Record<K, Answer>>): Record<K, Answer> => {
    const guarded = Object.entries<Answer>(answers).map(([key, answer]) => [
      key,
      'unsupported' in answer ? answer : guard(answer),
    ])
    return Object.fromEntries(guarded) as Record<K, Answer>
  }
}

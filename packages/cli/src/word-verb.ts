import { EXIT, UsageError } from './exit-code.ts';
import type { OptionValues, Verb, VerbContext } from './verb.ts';

/** The one of the actions that the first word names. @throws UsageError */
function actionOf<A>(verb: string, actions: Readonly<Record<string, A>>, name: string): A {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action === undefined)
    throw new UsageError(`There is no "${verb} ${name}"; known are ${Object.keys(actions).join(', ')}.`);
  return action;
}

/** One thing that such a verb does. */
type Action = (context: VerbContext, args: readonly string[], values: OptionValues) => Promise<void>;

/** A verb whose first word says what to do; `first` is meant when it is left out. */
export const verbOf = (
  name: string,
  first: string,
  actions: Readonly<Record<string, Action>>,
  rest: Pick<Verb, 'usage' | 'summary' | 'help' | 'options' | 'arity'>,
): Verb => ({
  ...rest,
  async run(context, [word = first, ...args], values) {
    await actionOf(name, actions, word)(context, args, values);
    return EXIT.done;
  },
});

/** The words that an action needs. @throws UsageError that names them */
export function words<N extends string>(args: readonly string[], ...names: readonly N[]): Record<N, string> {
  if (args.length !== names.length) throw new UsageError(`Name ${names.join(' and ') || 'nothing more'}.`);
  return Object.fromEntries(names.map((name, i) => [name, args[i] ?? ''])) as Record<N, string>;
}

/** An object with the property unless its value is undefined. */
export const optional = <N extends string, V>(name: N, value: V | undefined): Partial<Record<N, V>> =>
  value === undefined ? {} : ({ [name]: value } as Record<N, V>);

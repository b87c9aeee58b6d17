/**
 * @file Program of a child that knows the tiny method alone. The engine `none` loads no tensor library, which takes
 * most of the time of a short test; every other name is started as in a real child.
 */
import { childProgram } from '../child-program.ts';
import { tiny } from './tiny-method.ts';

await childProgram(
  (id) => (id === 'tiny' ? tiny : undefined),
  async (engine) => {
    if (engine.name === 'none')
      return { name: 'cpu', device: 'plain numbers', threads: 1, isa: '', versions: {}, reasons: [] };
    const { startEngine } = await import('../engine.ts');
    return startEngine(engine);
  },
);

export { EXIT, type ExitCode } from './exit-code.ts';
export { type RunOptions, run } from './run.ts';

/** @file A probe on a machine whose GPU driver crashes: `auto` and the GPU engine die, the others answer. */
const { name } = JSON.parse(process.argv[2] ?? '');
if (name === 'auto' || name === 'tfjs-node-gpu') process.kill(process.pid, 'SIGSEGV');
else await import('../probe.ts');

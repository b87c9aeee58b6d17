/** CPU time of this process so far, in milliseconds: other load on the machine disturbs it little. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

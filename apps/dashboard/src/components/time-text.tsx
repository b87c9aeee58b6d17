import { formatTime } from '../format/time.ts';

/** A time in short, the whole of it on hover; a dash when there is none. */
export function TimeText({ time }: { time: string | null }) {
  if (time === null) return <span class="none">–</span>;
  return (
    <time dateTime={time} title={new Date(time).toISOString()} class="figure">
      {formatTime(time)}
    </time>
  );
}

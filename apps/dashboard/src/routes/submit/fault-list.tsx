import type { Fault } from '@crucible/contracts';

/** Everything that the API refused, each fault a jump to its field. */
export function FaultList({ message, faults }: { message: string; faults: readonly Fault[] }) {
  const jump = (pointer: string) => {
    const field = document.getElementById(pointer.replace(/^\//, ''));
    field?.closest('details')?.setAttribute('open', '');
    field?.focus();
  };
  return (
    <div class="notice failure" role="alert">
      <p>
        <strong>Not submitted.</strong> {message}
      </p>
      {faults.length > 0 && (
        <ul class="faults">
          {faults.map(({ pointer, message: what }) => (
            <li key={pointer}>
              <button type="button" class="pointer" onClick={() => jump(pointer)}>
                {pointer}
              </button>{' '}
              {what}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

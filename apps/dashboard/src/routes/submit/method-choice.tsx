import type { MethodView } from '@crucible/contracts';
import { useEffect } from 'preact/hooks';
import { Failure, Loading } from '../../components/notice.tsx';
import { useMethods } from '../jobs/use-method.ts';

interface MethodChoiceProps {
  methodId: string;
  /** null while it is read */
  method: MethodView | null;
  /** empty: the defaults of the method alone */
  preset: string;
  onMethod(id: string): void;
  onPreset(name: string): void;
}

/** Which method and which preset, with what the preset costs and should reach. */
export function MethodChoice({ methodId, method, preset, onMethod, onPreset }: MethodChoiceProps) {
  const methods = useMethods();
  const first = methods.value?.[0]?.id;
  useEffect(() => {
    if (methodId === '' && first !== undefined) onMethod(first);
  }, [methodId, first, onMethod]);

  if (methods.value === null)
    return methods.error === null ? (
      <Loading what="the methods" />
    ) : (
      <Failure what="the methods" error={methods.error} onRetry={methods.reload} />
    );
  const chosen = method?.presets.find(({ name }) => name === preset);
  return (
    <section class="panel method-choice">
      <div class="fields">
        <label class="field">
          <span class="field-name">Method</span>
          <select name="method" value={methodId} onChange={(event) => onMethod(event.currentTarget.value)}>
            {methods.value.map(({ id, title }) => (
              <option key={id} value={id}>
                {title} ({id})
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span class="field-name">Preset</span>
          <select name="preset" value={preset} onChange={(event) => onPreset(event.currentTarget.value)}>
            {method?.presets.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            <option value="">none, the defaults</option>
          </select>
        </label>
      </div>
      {method !== null && (
        <div class="method-text">
          <p>{method.description}</p>
          <p class="muted">
            {method.paper.title},{' '}
            <a href={`https://arxiv.org/abs/${method.paper.arxiv}`} rel="noreferrer">
              arXiv:{method.paper.arxiv}
            </a>
          </p>
          {chosen !== undefined && (
            <p>
              <strong>{chosen.name}:</strong> {chosen.description} About {chosen.expectedMinutes} min on two CPU cores;
              expected: {chosen.expectedResult}.
            </p>
          )}
        </div>
      )}
    </section>
  );
}

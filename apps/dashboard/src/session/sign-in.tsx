import { useState } from 'preact/hooks';

interface SignInProps {
  /** why there is no session, in a sentence; null: nobody has tried */
  problem: string | null;
  /** resolves once the API has answered */
  onKey(key: string): Promise<void>;
}

/** Asks for an API key, which is exchanged for a session and not kept. */
export function SignIn({ problem, onKey }: SignInProps) {
  const [key, setKey] = useState('');
  const [isTrying, setIsTrying] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    setIsTrying(true);
    await onKey(key.trim());
    setIsTrying(false);
  };

  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit}>
        <h1>Crucible</h1>
        <div class="field">
          <label class="field-name" for="key">
            API key
          </label>
          <input
            id="key"
            aria-describedby="key-note"
            type="password"
            autocomplete="off"
            placeholder="crk_…"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
            required
          />
          <span class="field-note" id="key-note">
            Printed when the services start; <code>./crucible up</code> shows the address with a key in it.
          </span>
        </div>
        {problem !== null && (
          <p class="fault" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="button primary" disabled={isTrying || key.trim() === ''}>
          {isTrying ? 'Trying…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}

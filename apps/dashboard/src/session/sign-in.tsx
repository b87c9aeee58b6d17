import { createClient } from '@crucible/client';
import { useState } from 'preact/hooks';
import { messageOf } from '../components/notice.tsx';

interface SignInProps {
  /** true when a key that worked before, or came with the address, was refused */
  wasRefused: boolean;
  onKey(key: string): void;
}

/** Asks for an API key and tries it before it is kept. */
export function SignIn({ wasRefused, onKey }: SignInProps) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<string | null>(wasRefused ? 'The API refused the key.' : null);
  const [isTrying, setIsTrying] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    setIsTrying(true);
    try {
      await createClient({ baseUrl: '', key: key.trim() }).queue();
      onKey(key.trim());
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setIsTrying(false);
    }
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

import { useState } from 'preact/hooks';

/** Text of a machine, kept as it is, with a button that copies it. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  const [note, setNote] = useState('Copy');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setNote('Copied');
    } catch {
      setNote('Not allowed'); // browsers keep the clipboard from pages on plain http
    }
  };
  return (
    <div class="code-block">
      <button type="button" class="button small" onClick={copy} aria-label={`Copy ${label}`}>
        {note}
      </button>
      <pre>{text}</pre>
    </div>
  );
}

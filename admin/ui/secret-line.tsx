// A secret to take along: selectable as a whole, also by keyboard and where copying by button is forbidden.
import css from './secret-line.module.css';

export function SecretLine({ text, label }: { text: string; label: string }) {
  return (
    <input className={css.secret} readOnly value={text} aria-label={label} onFocus={(event) => event.currentTarget.select()} dir="ltr" spellCheck={false} />
  );
}

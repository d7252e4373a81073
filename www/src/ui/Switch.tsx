import { useId } from 'preact/hooks';

interface Props {
  label: string;
  help?: string;
  on: boolean;
  /** It stays focusable, so that people can find out why. */
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

/** What is on or off. */
export function Switch({ label, help, on, disabled = false, onChange }: Props) {
  const id = useId();
  return (
    <div class="switch">
      <label>
        <span>{label}</span>
        <input
          type="checkbox"
          role="switch"
          checked={on}
          aria-disabled={disabled}
          aria-describedby={help && id}
          // Nothing else may be prevented: the browser would then put back what it showed, after it was drawn anew.
          onClick={(event) => disabled && event.preventDefault()}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      </label>
      {help && (
        <p class="field-help" id={id}>
          {help}
        </p>
      )}
    </div>
  );
}

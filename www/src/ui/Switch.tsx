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
          onClick={(event) => {
            // What it shows is the caller's to say.
            event.preventDefault();
            if (!disabled) onChange(!on);
          }}
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

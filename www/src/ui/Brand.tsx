import { t } from '../i18n/t';

/** The sign and the name. */
export function Brand() {
  return (
    <span class="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <circle cx="16" cy="16" r="16" fill="#4a61e2" />
        <g fill="#fff">
          <circle cx="16" cy="8.6" r="3.5" />
          <circle cx="9" cy="20.4" r="3.5" />
          <circle cx="23" cy="20.4" r="3.5" />
          <circle cx="16" cy="16.4" r="2" />
        </g>
      </svg>
      {t('app.name')}
    </span>
  );
}

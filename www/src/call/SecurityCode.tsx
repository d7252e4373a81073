import { useState } from 'preact/hooks';
import type { Crypto } from '../core/api.gen';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';

interface Props {
  code: string;
  agreement: Crypto['agreement'];
}

/** Thirty digits that are the same for all who are in the meeting, unless somebody sits between them. */
export function SecurityCode({ code, agreement }: Props) {
  const [advice, advise] = useState(false);
  const groups = code.split(' ').filter(Boolean);
  return (
    <section class="security-code" aria-labelledby="security-code">
      <header>
        <h3 id="security-code">{t('code.title')}</h3>
        <span class={`tag ${agreement}`} role="status">
          {groups.length === 0 || agreement === 'none' ? t('code.making') : t(`code.${agreement}`)}
        </span>
      </header>
      {groups.length > 0 ? (
        <ol dir="ltr">
          {groups.map((digits, i) => (
            <li key={i}>
              <span aria-hidden="true">{digits} </span>
              {/* Digit by digit: a number in the tens of thousands is nothing to compare by ear. */}
              <span class="visually-hidden">{[...digits].join(' ')}</span>
            </li>
          ))}
        </ol>
      ) : (
        // The code's room, so that nothing below moves under a finger when it comes.
        <ol dir="ltr" aria-hidden="true">
          {Array.from({ length: 6 }, (_, i) => (
            <li key={i}>&nbsp;</li>
          ))}
        </ol>
      )}
      <p>{t('code.compare')}</p>
      <Button kind="text" expanded={advice} onClick={() => advise(!advice)}>
        {t('code.theyDiffer')}
      </Button>
      {advice && (
        <div class="security-advice" role="status">
          <p>{t(agreement === 'updating' ? 'code.adviceWait' : 'code.adviceNames')}</p>
          <p>{t('code.advice')}</p>
        </div>
      )}
    </section>
  );
}

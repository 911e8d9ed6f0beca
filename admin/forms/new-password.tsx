// A password that is being chosen: the rule stands there from the start, and turns green when it is met.
import { PasswordInput } from '@mantine/core';
import type { ChangeEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon } from '../ui/icon.tsx';
import css from './new-password.module.css';
import { judgePassword, type Strength } from './rules.ts';

const steps: Record<Strength, number> = { none: 0, weak: 1, fair: 2, good: 3, strong: 4 };

type NewPasswordProps = { label: string; email: string; value: string; error?: ReactNode; onChange: (event: ChangeEvent<HTMLInputElement>) => void };

export function NewPassword({ label, email, ...input }: NewPasswordProps) {
  const { t } = useTranslation();
  const { isAllowed, isEmail, strength } = judgePassword(input.value, email);
  return (
    <PasswordInput
      label={label}
      required
      withAsterisk={false}
      autoComplete="new-password"
      visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
      inputWrapperOrder={['label', 'input', 'error', 'description']}
      description={
        <>
          <span className={css.meter} data-step={steps[strength]} aria-hidden="true">
            <i />
            <i />
            <i />
            <i />
          </span>
          <span className={css.words}>
            <span className={isAllowed ? css.met : undefined}>
              {isAllowed && <Icon name="check" size={13} />}
              {isEmail ? t('password.notEmail') : t('password.rule')}
            </span>
            <span aria-live="polite">{strength !== 'none' && t(`password.${strength}`)}</span>
          </span>
        </>
      }
      {...input}
    />
  );
}

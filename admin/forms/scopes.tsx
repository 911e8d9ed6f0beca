// What a key may do, one line of explanation each. What its maker may not do, it cannot be given.
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/Checkbox.layer.css';
import { Checkbox, Input, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { type Scope, scopes } from '../roles.ts';
import css from './scopes.module.css';

const words = {
  'Manage Flow': 'scope.manageFlow',
  'Manage Team': 'scope.manageTeam',
  'Send Message': 'scope.sendMessage',
  'chats:read': 'scope.chatsRead',
  'chats:write': 'scope.chatsWrite',
} as const satisfies Record<Scope, string>;

type ScopesProps = { value: Scope[]; available: readonly Scope[]; error?: ReactNode; onChange: (value: Scope[]) => void };

export function Scopes({ value, available, error, onChange }: ScopesProps) {
  const { t } = useTranslation();
  const hasAll = available.every((scope) => value.includes(scope));
  return (
    <Input.Wrapper label={t('keys.scopes')} labelElement="div" error={error}>
      <div className={css.box}>
        <div className={css.all}>
          <Checkbox
            label={t('keys.allScopes')}
            checked={hasAll}
            indeterminate={!hasAll && value.length > 0}
            onChange={() => onChange(hasAll ? [] : [...available])}
            data-path="scopes"
          />
        </div>
        <Checkbox.Group aria-label={t('keys.scopes')} value={value} onChange={(chosen) => onChange(scopes.filter((scope) => chosen.includes(scope)))}>
          <Stack gap={12}>
            {scopes.map((scope) => (
              <Checkbox
                key={scope}
                value={scope}
                label={scope}
                description={available.includes(scope) ? t(words[scope]) : t('keys.scopeAbove')}
                disabled={!available.includes(scope)}
              />
            ))}
          </Stack>
        </Checkbox.Group>
      </div>
    </Input.Wrapper>
  );
}

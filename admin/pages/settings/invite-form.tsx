// Inviting someone: their address and role, then a link to pass on. It is shown once and works for seven days.
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/Radio.layer.css';
import { Button, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NewInvite } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { isEmail } from '../../forms/rules.ts';
import { useApiForm } from '../../forms/use-api-form.ts';
import { usePlace } from '../../place.ts';
import { refresh } from '../../queries.ts';
import { type Role, roles } from '../../roles.ts';
import { CopyWideButton } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { DialogForm } from '../../ui/dialog-form.tsx';
import { SecretLine } from '../../ui/secret-line.tsx';
import css from './settings.module.css';

export function InviteForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [made, setMade] = useState<NewInvite | null>(null);
  return (
    <Dialog opened onClose={onClose} title={made ? t('invites.madeTitle') : t('members.invite')} closeOnClickOutside={!made}>
      {made ? <InviteLink made={made} onClose={onClose} /> : <Ask onClose={onClose} onMade={setMade} />}
    </Dialog>
  );
}

function Ask({ onClose, onMade }: { onClose: () => void; onMade: (made: NewInvite) => void }) {
  const { t } = useTranslation();
  const { place, may } = usePlace();
  const client = useQueryClient();
  const { form, submit, isPending, problem } = useApiForm({
    initialValues: { email: '', role: 'builder' as Role },
    validate: { email: (email) => (isEmail(email) ? null : t('form.email')) },
    send: ({ email, role }) => api.post<NewInvite>('/invites', { email: email.trim(), role }, { at: place }),
    onDone: (made) => {
      onMade(made);
      return refresh(client, '/invites');
    },
  });
  return (
    <DialogForm submit={submit} isPending={isPending} problem={problem} action={t('invites.do')} isRoomy onClose={onClose}>
      <TextInput label={t('person.email')} type="email" autoComplete="off" data-autofocus {...form.getInputProps('email')} />
      <Radio.Group label={t('members.role')} {...form.getInputProps('role')}>
        <div className={css.roles}>
          {roles
            .filter((role) => role !== 'owner' || may('owners.make'))
            .map((role) => (
              <div key={role} className={css.role}>
                <Radio value={role} label={t(`role.${role}.name`)} description={t(`role.${role}.about`)} />
              </div>
            ))}
        </div>
      </Radio.Group>
    </DialogForm>
  );
}

function InviteLink({ made, onClose }: { made: NewInvite; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack gap="lg">
      <Text>{t('invites.madeText', { email: made.email })}</Text>
      <SecretLine text={made.link} label={t('invites.link')} />
      <div className="dialog-foot">
        <Button variant="default" onClick={onClose}>
          {t('form.done')}
        </Button>
        <CopyWideButton text={made.link} label={t('invites.copy')} />
      </div>
    </Stack>
  );
}

// Calls for attention when somebody needs an answer: a count in the title always, a sound and a notification of the
// browser where the person asked for them. What they asked for is kept with their account.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ConversationCounts, Me, Preferences, Waiting } from '../api/replies.ts';
import { api } from '../api.ts';
import { boot } from '../boot.ts';
import { useMe } from '../place.ts';
import { meQuery } from '../queries.ts';
import { toastFailed } from '../ui/toast.tsx';

export const mayNotify = 'Notification' in globalThis;

const isGranted = (): boolean => mayNotify && Notification.permission === 'granted';

export function useAlertSettings() {
  const { preferences } = useMe();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (changed: Partial<Preferences>) => api.patch<Me>('/me', { preferences: changed }),
    onSuccess: (me) => client.setQueryData(meQuery.queryKey, me),
    onError: toastFailed,
  });
  return {
    sound: preferences.sound,
    setSound: (isOn: boolean) => {
      save.mutate({ sound: isOn });
      // So that it is heard what was chosen, and the browser lets it sound later.
      if (isOn) chime();
    },
    /** Each browser is asked by itself: what is on elsewhere may not be allowed here. */
    notices: preferences.notices && isGranted(),
    /** False when the browser was told not to let us. */
    setNotices: async (isOn: boolean): Promise<boolean> => {
      const isAllowed = !isOn || (mayNotify && (await Notification.requestPermission()) === 'granted');
      if (isAllowed) save.mutate({ notices: isOn });
      return isAllowed;
    },
  };
}

/** Two soft notes; no file. */
function chime(): void {
  const context = new AudioContext();
  const gain = context.createGain();
  gain.connect(context.destination);
  gain.gain.setValueAtTime(0.0001, context.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.12, context.currentTime + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + 0.6);
  for (const [at, pitch] of [
    [0, 660],
    [0.14, 880],
  ] as const) {
    const tone = context.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(gain);
    tone.start(context.currentTime + at);
    tone.stop(context.currentTime + 0.6);
  }
  setTimeout(() => void context.close(), 1000);
}

type Around = { open: number | null; go: (conversation: number) => void };

/** `counts` undefined while they are not known. */
export function useAlerts(counts: ConversationCounts | undefined, { open, go }: Around): void {
  const { t } = useTranslation();
  const { sound, notices } = useAlertSettings();
  const waiting = counts?.waiting ?? 0;
  const latest = counts?.latest ?? null;
  useEffect(() => {
    const name = `${t('nav.inbox')} · ${boot.brand.name}`;
    document.title = waiting > 0 ? `(${waiting}) ${name}` : name;
  }, [waiting, t]);

  const call = (one: Waiting): void => {
    if (one.conversation === open && !document.hidden) return;
    if (sound) chime();
    if (!notices || !document.hidden) return;
    const who = one.name || t('inbox.someone', { id: one.conversation });
    const notice = new Notification(who, { body: one.text || t('inbox.file'), tag: `inbox ${one.conversation}` });
    notice.onclick = () => {
      focus();
      go(one.conversation);
      notice.close();
    };
  };
  const calling = useRef(call);
  calling.current = call;
  // What waited before one looked calls nobody, and neither does what was heard of: only what was said since.
  const heard = useRef<number | null>(null);
  const isKnown = counts !== undefined;
  useEffect(() => {
    if (!isKnown) return;
    const before = heard.current;
    heard.current = Math.max(before ?? 0, latest?.message ?? 0);
    if (latest && before !== null && latest.message > before) calling.current(latest);
  }, [isKnown, latest]);
}

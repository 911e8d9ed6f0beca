// Calls for attention when somebody begins to wait for people: a count in the title always, a sound and a notification of
// the browser where the person asked for them.
import { useLocalStorage } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { boot } from '../boot.ts';

type Switch = 'on' | 'off';

function useSwitch(key: string) {
  const [value, set] = useLocalStorage<Switch>({ key, defaultValue: 'off', getInitialValueInEffect: false });
  return { isOn: value === 'on', set: (isOn: boolean) => set(isOn ? 'on' : 'off') };
}

export const mayNotify = 'Notification' in globalThis;

export function useAlertSettings() {
  const sound = useSwitch('inbox-sound');
  const notices = useSwitch('inbox-notices');
  return {
    sound: sound.isOn,
    setSound: (isOn: boolean) => {
      sound.set(isOn);
      // So that it is heard what was chosen, and the browser lets it sound later.
      if (isOn) chime();
    },
    notices: notices.isOn && mayNotify && Notification.permission === 'granted',
    /** False when the browser was told not to let us. */
    setNotices: async (isOn: boolean): Promise<boolean> => {
      const isAllowed = !isOn || (mayNotify && (await Notification.requestPermission()) === 'granted');
      notices.set(isOn && isAllowed);
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

/** `waiting` is how many wait; null while that is not known. */
export function useAlerts(waiting: number | null, title: string): void {
  const { t } = useTranslation();
  const { sound, notices } = useAlertSettings();
  const before = useRef(waiting);
  useEffect(() => {
    const name = `${title} · ${boot.brand.name}`;
    document.title = waiting ? `(${waiting}) ${name}` : name;
  }, [waiting, title]);
  useEffect(() => {
    const isMore = waiting !== null && before.current !== null && waiting > before.current;
    before.current = waiting;
    if (!isMore) return;
    if (sound) chime();
    if (notices && document.hidden) {
      const notice = new Notification(boot.brand.name, { body: t('inbox.alerts.waiting', { count: waiting }), tag: 'inbox' });
      notice.onclick = () => {
        focus();
        notice.close();
      };
    }
  }, [waiting, sound, notices, t]);
}

// The way out. A fresh page forgets everything that was read.
import { api } from '../api.ts';
import { toastFailed } from '../ui/toast.tsx';

export function signOut(): void {
  api.post('/sign-out', {}).then(() => location.assign('/app/sign-in'), toastFailed);
}

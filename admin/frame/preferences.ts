// How a person likes the console: kept with their account, so that every machine of theirs looks the same, and in this
// browser, so that the next page is right before it is asked.
import { useMantineColorScheme } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Me, Preferences, Scheme } from '../api/replies.ts';
import { api } from '../api.ts';
import { setLanguage } from '../i18n.ts';
import { useMe } from '../place.ts';
import { meQuery } from '../queries.ts';
import { toastFailed } from '../ui/toast.tsx';

export function usePreferences() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { i18n } = useTranslation();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (preferences: Partial<Preferences>) => api.patch<Me>('/me', { preferences }),
    onSuccess: (me) => client.setQueryData(meQuery.queryKey, me),
    onError: toastFailed,
  });
  return {
    scheme: colorScheme,
    language: i18n.language,
    setScheme: (scheme: Scheme) => {
      setColorScheme(scheme);
      save.mutate({ scheme });
    },
    setLanguage: (language: string) => {
      void setLanguage(language);
      save.mutate({ language });
    },
  };
}

/** On a machine that does not know the person yet, what they chose elsewhere holds; English and auto are chosen by nobody. */
export function useKnownPreferences(): void {
  const { preferences } = useMe();
  const { setColorScheme } = useMantineColorScheme();
  const isApplied = useRef(false);
  useEffect(() => {
    if (isApplied.current) return;
    isApplied.current = true;
    if (preferences.scheme !== 'auto') setColorScheme(preferences.scheme);
    if (preferences.language !== 'en') void setLanguage(preferences.language);
  }, [preferences, setColorScheme]);
}

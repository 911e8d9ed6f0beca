// A form and the call it ends in. What the server says about a field stands at that field; the rest is `problem`, for
// <FormProblem>.
import { type UseFormInput, useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { ApiError } from '../api.ts';

type Ask<Values, Reply> = {
  initialValues: Values;
  validate?: UseFormInput<Values>['validate'];
  send: (values: Values) => Promise<Reply>;
  onDone: (reply: Reply, values: Values) => unknown;
};

export function useApiForm<Values extends Record<string, unknown>, Reply>({ initialValues, validate, send, onDone }: Ask<Values, Reply>) {
  const form = useForm<Values>({ mode: 'controlled', initialValues, ...(validate ? { validate } : {}) });
  const call = useMutation({
    mutationFn: send,
    onSuccess: (reply, values) => onDone(reply, values),
    onError: (error) => {
      const errors = fieldErrors(error, form.values);
      form.setErrors(errors);
      focusFirst(errors);
    },
  });
  const focusFirst = (errors: object) => {
    const first = Object.keys(form.values).find((name) => name in errors);
    // After the inputs have been enabled again.
    if (first) requestAnimationFrame(() => form.getInputNode(first)?.focus());
  };
  return {
    form,
    submit: form.onSubmit((values) => call.mutate(values), focusFirst),
    /** These values are what the server has: nothing is unsaved, nothing is wrong. */
    settle: (values: Values) => {
      form.setInitialValues(values);
      form.setValues(values);
      form.clearErrors();
      call.reset();
    },
    isPending: call.isPending,
    problem: call.error && Object.keys(fieldErrors(call.error, form.values)).length === 0 ? call.error : null,
  };
}

/** `origins.2` is shown at `origins`: that is the input there is. */
export function fieldErrors(error: unknown, values: Record<string, unknown>): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const known: Record<string, string> = {};
  for (const [path, message] of Object.entries(error.fields)) {
    const name = path.split('.')[0] ?? '';
    if (name in values) known[name] ??= message;
  }
  return known;
}

// What a PATCH changes: absent values stay as they are, equal ones are no change and leave no trace in the audit log.

export function changesOf<T extends object>(current: T, asked: Partial<T>): Partial<T> {
  const changed = Object.entries(asked).filter(([name, value]) => value !== undefined && value !== current[name as keyof T]);
  return Object.fromEntries(changed) as Partial<T>;
}

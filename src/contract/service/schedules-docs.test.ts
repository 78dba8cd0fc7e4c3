import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { scheduleSpec } from './schedules.ts';

it('takes every example of its page', () => {
  const page = readFileSync('docs/schedules.md', 'utf8');
  const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text);
  expect(examples).toHaveLength(2);
  for (const text of examples) {
    expect(scheduleSpec.safeParse(JSON.parse(text))).toMatchObject({ success: true });
  }
});

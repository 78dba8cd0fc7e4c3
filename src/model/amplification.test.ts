import { expect, it } from 'vitest';
import { amplificationOf } from './amplification.ts';

it.each([
  [[], null],
  [[{ sent: 48, received: 48 }], null],
  [[{ sent: 100, received: 294 }], null],
  [[{ sent: 100, received: 300 }], { sent: 100, received: 300, factor: 3 }],
  [
    [
      { sent: 48, received: 48 },
      { sent: 12, received: 440 },
      { sent: 17, received: 500 },
    ],
    { sent: 12, received: 440, factor: 36.7 },
  ],
  [[{ sent: 0, received: 4 }], { sent: 0, received: 4, factor: 4 }],
])('%j: %j', (exchanges, expected) => {
  expect(amplificationOf(exchanges)).toEqual(expected);
});

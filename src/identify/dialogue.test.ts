import { describe, expect, it } from 'vitest';
import { itNeverThrows } from '../../test/helpers/fixture.ts';
import { bytesOf } from './bytes.ts';
import { codedFrame, dotFrame, readCodedReply } from './dialogue.ts';

describe('codedFrame', () => {
  it.each([
    ['220 hello\r\n331', 11],
    ['220-a\r\n220-b\r\n220 c\r\nrest', 21],
    ['220-a\r\n 220 b\r\n', null],
    ['220-a\r\n221 b\r\n', null],
    ['hello\r\nthere', 7],
    ['220', null],
  ])('%j', (text, length) => {
    expect(codedFrame(bytesOf(text))).toBe(length);
  });
});

describe('readCodedReply', () => {
  it.each([
    [
      '211-Features:\r\n AUTH TLS\r\n211 End\r\n',
      { code: 211, lines: ['Features:', ' AUTH TLS', 'End'] },
    ],
    ['220\r\n', { code: 220, lines: [''] }],
    ['22 x\r\n', null],
  ])('%j', (text, reply) => {
    expect(readCodedReply(bytesOf(text))).toEqual(reply);
  });
});

describe('dotFrame', () => {
  it.each([
    ['+OK\r\na\r\n.\r\nrest', 11],
    ['+OK\n.\n', 6],
    ['+OK\r\n.a\r\n', null],
  ])('%j', (text, length) => {
    expect(dotFrame(bytesOf(text))).toBe(length);
  });
});

itNeverThrows('codedFrame', codedFrame);
itNeverThrows('dotFrame', dotFrame);
itNeverThrows('readCodedReply', readCodedReply);

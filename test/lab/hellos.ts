import type { Hello } from './hello.ts';

/** The status line of any HTTP answer. */
export const HTTP: Hello = { send: 'GET / HTTP/1.0\r\n\r\n', expect: 'HTTP/1.' };

/** RFC 9113 §3.4: the client's preface with an empty SETTINGS frame; answered by SETTINGS. */
export const HTTP2: Hello = {
  alpn: ['h2'],
  send: `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\0'.repeat(3)}\x04${'\0'.repeat(5)}`,
  expect: (answer) => answer.length >= 9 && answer[3] === 4,
};

/** RFC 1035 §4.1: a question for the address of lab.test. */
const QUESTION = '\x12\x34\0\0\0\x01\0\0\0\0\0\0\x03lab\x04test\0\0\x01\0\x01';

export const DNS: Hello = { send: QUESTION, expect: '\x12\x34' };

/** RFC 1035 §4.2.2: over TCP a message is preceded by its length. */
export const DNS_OVER_TCP: Hello = {
  send: `\0${String.fromCharCode(QUESTION.length)}${QUESTION}`,
  expect: (answer) => answer.length > 14 && answer.readUInt16BE(2) === 0x1234,
};

export const SSH: Hello = { expect: 'SSH-2.0-' };

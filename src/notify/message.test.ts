import fc from 'fast-check';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { ALERT, hostileAlert } from '../../test/helpers/notify-peers.ts';
import { cefOf } from './cef.ts';
import { headlineOf, renderHtml, renderMarkdown, renderText, subjectOf } from './message.ts';

const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

describe('an alert', () => {
  it('says what, where, since when, why and how to close it', () => {
    expect(renderText(ALERT)).toBe(
      `[critical] Redis is open without a password

Where: db1.example.org, port 6379/tcp
Since: 2026-03-01 08:30 UTC
Why it matters: Anybody can read and change what is in it.
How to close it: Close the port, or bind Redis to 127.0.0.1.

https://postern.example.org/incidents/17?a=1&b=2
`,
    );
    const over = { ...ALERT, kind: 'resolved', why: 'the port is closed' } as const;
    expect(subjectOf(over)).toMatch(/^\[critical\] Resolved: Redis/);
    expect(renderText(over)).toContain('\nWhy: the port is closed\n');
    expect(headlineOf(over)).toBe(
      '[critical] Resolved: Redis is open without a password: db1.example.org, port 6379/tcp',
    );
    expect(headlineOf({ ...over, host: null })).toBe(subjectOf(over));
  });

  it('lists the first lines of a digest and counts the rest', () => {
    const entry = { severity: 'high', what: 'Open', host: 'a', port: 22 } as const;
    const text = renderText({
      ...ALERT,
      kind: 'digest',
      entries: Array.from({ length: 500 }, () => entry),
    });
    expect(text).toContain('- [high] a port 22: Open\n');
    expect(text).toContain('- and 480 more\n');
  });
});

describe('what an attacker wrote', () => {
  it('stays on one line of a subject', () => {
    fc.assert(
      fc.property(hostileAlert, (alert) => {
        for (const subject of [subjectOf(alert), headlineOf(alert)]) {
          expect(subject).not.toMatch(CONTROL);
          expect(subject.length).toBeLessThanOrEqual(200);
          expect(subject.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it('never begins a line of text, and the text is short', () => {
    fc.assert(
      fc.property(hostileAlert, (alert) => {
        const text = renderText(alert);
        for (const line of text.split('\n')) {
          expect(line).toMatch(/^($|\[|- |Where: |Since: |Was |Why[ :]|How |What |https?:\/\/)/);
          expect(line).not.toMatch(CONTROL);
        }
        expect(text.length).toBeLessThan(60_000);
      }),
    );
  });

  it('is text in HTML, which holds our own elements alone', () => {
    fc.assert(
      fc.property(hostileAlert, (alert) => {
        const page = renderHtml(alert);
        expect(XMLValidator.validate(`<x>${page}</x>`)).toBe(true);
        for (const [tag] of page.matchAll(/<[^>]*>/g)) {
          expect(tag).toMatch(
            /^<(\/?(h1|table|tr|td|ul|li|p|a|th)|th align="left" valign="top"|a href="https?:\/\/[^"<>]*")>$/,
          );
        }
      }),
    );
  });

  it('is no mention, link or markup in Markdown', () => {
    fc.assert(
      fc.property(hostileAlert, (alert) => {
        const own = renderMarkdown(alert)
          .replace(/\*\*[A-Z][a-z ]+:\*\*/g, '')
          .replace(/\n<https?:[^\s<>]*>$/, '');
        expect(own).not.toMatch(/(?<!\\)(?:\\\\)*[<>*`[\]|~]/);
        expect(own).not.toMatch(/@\w|(?<!\\):\/\//);
      }),
    );
  });

  it('is one line of CEF with our own keys alone', () => {
    fc.assert(
      fc.property(hostileAlert, (alert) => {
        const line = cefOf(alert);
        expect(line).not.toMatch(CONTROL);
        const [, extension = ''] =
          /^CEF:0\|Postern\|Postern\|1\|\w+\|(?:[^|\\]|\\.)*\|\d+\|(.*)$/s.exec(line) ?? [];
        const keys = [...extension.matchAll(/(?<!\\)(?:\\\\)*=/g)].map(
          ({ index }) => /[A-Za-z]+$/.exec(extension.slice(0, index))?.[0],
        );
        const own = [
          'start',
          'externalId',
          'dhost',
          'dst',
          'dpt',
          'proto',
          'msg',
          'reason',
          'request',
        ];
        expect(keys.filter((key) => !own.includes(key ?? ''))).toEqual([]);
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });

  it('is no link but to the web', () => {
    for (const link of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '//x']) {
      expect(renderHtml({ ...ALERT, link })).not.toContain('href');
    }
    const parsed: unknown = new XMLParser({ ignoreAttributes: false }).parse(renderHtml(ALERT));
    expect(parsed).toMatchObject({ p: { a: { '@_href': ALERT.link } } });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHttpResponse } from './http-message.ts';
import {
  asksPassword,
  bodyJson,
  bodyText,
  generatorOf,
  tagsNamed,
  titleOf,
  withoutEntities,
} from './http-page.ts';

function response(type: string, body: Uint8Array) {
  const head = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n\r\n`);
  const read = readHttpResponse(Buffer.concat([head, body]));
  if (read === null) throw new Error('no response');
  return read;
}

describe('title', () => {
  it.each([
    ['<title>Grafana</title>', 'Grafana'],
    ['<TITLE lang="en">\n  A \t B </TITLE>', 'A B'],
    ['<title>caf&eacute; &amp; &#x2603; &#9731;</title>', 'café & ☃ ☃'],
    [
      'İİİ<title>after letters that grow in lower case</title>',
      'after letters that grow in lower case',
    ],
    ['<title>never closed', 'never closed'],
    ['<title></title>', undefined],
    ['<titl', undefined],
    ['<title', undefined],
    ['', undefined],
  ])('of %j', (html, title) => expect(titleOf(html)).toBe(title));

  it('is bounded', () => {
    expect(titleOf(`<title>${'a'.repeat(100_000)}`)?.length).toBe(1_024);
  });
});

it.each([
  ['&lt;&unknown;&#0;&#xD800;&#1114112;&', '<&unknown;&#0;&#xD800;&#1114112;&'],
  ['&#65;&#x42;&nbsp;', 'AB '],
])('entities of %j', (text, plain) => expect(withoutEntities(text)).toBe(plain));

it.each([
  ['<meta name="generator" content="WordPress 6.4.2" />', 'WordPress 6.4.2'],
  ["<META content='Hugo 0.1' NAME=Generator>", 'Hugo 0.1'],
  ['<meta name="description" content="x">', undefined],
  ['<metadata name="generator" content="x">', undefined],
])('generator of %j', (html, generator) => expect(generatorOf(html)).toBe(generator));

it.each([
  ['<form><input name=p type="password">', true],
  ['<INPUT TYPE=PASSWORD>', true],
  ['<input type="text">', false],
  ['password', false],
  ['<input type="password"', false],
])('password field in %j', (html, asks) => expect(asksPassword(html)).toBe(asks));

describe('body', () => {
  it('follows the charset, and survives one that nobody knows', () => {
    const latin = Buffer.from('caf\xe9', 'latin1');
    expect(bodyText(response('text/html; charset=iso-8859-1', latin))).toBe('café');
    expect(bodyText(response('text/html; charset="klingon"', latin))).toBe('café');
    expect(bodyText(response('text/html', Buffer.from('café')))).toBe('café');
  });

  it('is JSON or nothing', () => {
    expect(bodyJson(response('application/json', Buffer.from('{"a":[1]}')))).toEqual({ a: [1] });
    expect(bodyJson(response('application/json', Buffer.from('{"a":')))).toBeUndefined();
  });
});

describe('properties', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.constantFrom('<', '>', 'title', '</title', '<meta ', '"', "'", '=', 'name', '&#', ';'),
      )
      .map((parts) => parts.join('')),
  );
  it('nothing throws', () => {
    fc.assert(
      fc.property(hostile, (html) => {
        titleOf(html);
        generatorOf(html);
        asksPassword(html);
        withoutEntities(html);
        return tagsNamed(html, 'meta').length <= 512;
      }),
    );
  });

  it('64 KiB of open quotes is read in one go', () => {
    const html = `<input ${'a="b=\' '.repeat(8_000)}`;
    expect(asksPassword(html)).toBe(false);
    expect(asksPassword(`${'<input x='.repeat(7_000)}>`)).toBe(false);
  });
});

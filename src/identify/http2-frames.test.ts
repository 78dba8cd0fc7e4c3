import { describe, expect, it } from 'vitest';
import { itNeverThrows, readFixtures, repliesOf } from '../../test/helpers/fixture.ts';
import { bytesOf, concatBytes } from './bytes.ts';
import { literalField } from './hpack.ts';
import {
  beginsHttp2,
  FRAME,
  readFrames,
  readHttp2Response,
  readSettings,
  responseFrame,
  settingsAck,
  settingsFrame,
  writeFrame,
} from './http2-frames.ts';

const settings = writeFrame({
  type: FRAME.settings,
  flags: 0,
  stream: 0,
  payload: Uint8Array.of(0, 3, 0, 0, 0, 100, 0x12, 0x34, 0, 0, 0, 1),
});
const seeds = readFixtures('http2').flatMap(repliesOf);

describe('frames', () => {
  it('reads what it writes', () => {
    const frame = { type: 1, flags: 5, stream: 0x7ffffff1, payload: Uint8Array.of(1, 2, 3) };
    expect(readFrames(writeFrame(frame))).toEqual([frame]);
  });

  it('stops at a frame that is cut or too long', () => {
    expect(readFrames(settings.subarray(0, settings.length - 1))).toEqual([]);
    expect(readFrames(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1))).toEqual([]);
  });
});

describe('SETTINGS', () => {
  it('names the ones known and numbers the others', () => {
    expect(readSettings(settings)).toEqual({ maxConcurrentStreams: 100, '0x1234': 1 });
    expect(settingsFrame(concatBytes(settings, bytesOf('more')))).toBe(settings.length);
    expect(settingsFrame(settings.subarray(0, 12))).toBeNull();
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n\r\n', '\x15\x03\x01\x00\x02\x02\x46', 'SSH-2.0'])(
    'are not seen in %j',
    (text) => {
      const bytes = Buffer.from(text, 'latin1');
      expect(beginsHttp2(bytes)).toBe(false);
      expect(readSettings(bytes)).toBeNull();
      expect(settingsFrame(bytes)).toBe(bytes.length);
    },
  );

  it('are not seen in an acknowledgement or in a length that is no multiple of six', () => {
    expect(readSettings(settingsAck())).toBeNull();
    expect(beginsHttp2(Uint8Array.of(0, 0, 5, 4, 0, 0, 0, 0, 0))).toBe(false);
  });
});

const headers = (flags: number, payload: Uint8Array) =>
  writeFrame({ type: FRAME.headers, flags, stream: 1, payload });

describe('response', () => {
  const block = concatBytes(literalField(':status', '200'), literalField('server', 'x'));
  it('without padding and priority, over a continuation', () => {
    const padded = concatBytes(
      Uint8Array.of(2, 0, 0, 0, 0, 7),
      block.subarray(0, 9),
      Uint8Array.of(0, 0),
    );
    const bytes = concatBytes(
      headers(0x28, padded),
      writeFrame({ type: FRAME.continuation, flags: 4, stream: 1, payload: block.subarray(9) }),
      writeFrame({ type: FRAME.data, flags: 9, stream: 1, payload: Uint8Array.of(1, 0x61, 0) }),
    );
    expect(readHttp2Response(bytes)).toMatchObject({
      status: 200,
      fields: [['server', 'x']],
      body: bytesOf('a'),
    });
    expect(responseFrame(bytes)).toBe(bytes.length);
  });

  it('the final status counts, not the interim one', () => {
    const interim = headers(4, literalField(':status', '103'));
    expect(readHttp2Response(concatBytes(interim, headers(5, block)))?.status).toBe(200);
  });

  it('is none without a status', () => {
    expect(readHttp2Response(headers(5, literalField('server', 'x')))).toBeNull();
    expect(readHttp2Response(settings)).toBeNull();
  });

  it('ends when the stream is reset or the peer goes away', () => {
    const reset = writeFrame({
      type: FRAME.resetStream,
      flags: 0,
      stream: 1,
      payload: new Uint8Array(4),
    });
    expect(responseFrame(reset)).toBe(reset.length);
    expect(responseFrame(headers(4, block))).toBeNull();
    expect(responseFrame(new Uint8Array(70_000))).toBe(70_000);
  });
});

describe('properties', () => {
  itNeverThrows('readFrames', readFrames, seeds);
  itNeverThrows('readSettings', readSettings, seeds);
  itNeverThrows('readHttp2Response', readHttp2Response, seeds);
  itNeverThrows('responseFrame', responseFrame, seeds);
  itNeverThrows('settingsFrame', settingsFrame, seeds);
});

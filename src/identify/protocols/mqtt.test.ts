import { describe, expect, it } from 'vitest';
import {
  itIdentifiesItsFixtures,
  itNeverThrows,
  readFixtures,
  repliesOf,
} from '../../../test/helpers/fixture.ts';
import { memoryTalk } from '../../../test/helpers/memory-talk.ts';
import { bytesOf } from '../bytes.ts';
import { mqtt, readConnack, readPublish } from './mqtt.ts';

const seeds = readFixtures('mqtt').flatMap(repliesOf);

itIdentifiesItsFixtures(mqtt);

itNeverThrows('readConnack', readConnack, seeds);
itNeverThrows('readPublish', readPublish, seeds);

describe('readConnack', () => {
  it('reads properties of 5.0 (§3.2.2.3)', () => {
    const text = [...bytesOf('no')];
    const bytes = Uint8Array.of(0x20, 10, 0, 0x87, 7, 31, 0, 2, ...text, 36, 1);
    expect(readConnack(bytes)).toEqual({ code: 0x87, properties: { reason: 'no', maximumQos: 1 } });
  });
  it('takes no other packet', () => {
    expect(readConnack(Uint8Array.of(0x20, 2, 9, 0))).toBeNull();
    expect(readConnack(Uint8Array.of(0x30, 2, 0, 0))).toBeNull();
  });
});

it('asks an older broker with 3.1.1', async () => {
  const talk = memoryTalk([Uint8Array.of(0x20, 2, 0, 1)]);
  expect(await mqtt.identify(talk)).toMatchObject({
    details: { protocolVersion: '3.1.1', reasonCode: 1 },
  });
});

it('joins what EMQX says in two messages', async () => {
  const publish = (topic: string, text: string) => {
    const body = [0, topic.length, ...bytesOf(topic), 0, ...bytesOf(text)];
    return Uint8Array.of(0x30, body.length, ...body);
  };
  const replies = [
    Uint8Array.of(0x20, 3, 0, 0, 0),
    publish('$SYS/brokers/a/version', '5.3.2'),
    publish('$SYS/brokers/a/sysdescr', 'EMQX'),
  ];
  expect(await mqtt.identify(memoryTalk(replies))).toMatchObject({
    product: 'EMQX',
    version: '5.3.2',
    details: { protocolVersion: '5.0', authRequired: false },
  });
});

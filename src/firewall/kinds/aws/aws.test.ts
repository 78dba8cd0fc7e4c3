import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../evaluate.ts';
import {
  fateOf,
  intended,
  intents,
  MACHINE,
  packets,
  questionOf,
} from '../../intent.test-helper.ts';
import type { Change, Command } from '../../kind.ts';
import { type Ask, answer, fate, parse, readFixture } from '../fixtures.test-helper.ts';
import { aws } from './aws.ts';

const groups = readFixture(aws, ['groups.json'], 'central');
const placed = readFixture(aws, ['groups.json', 'interfaces.json', 'acls.json'], 'central');

describe('security groups', () => {
  it.each<readonly [string, number, Ask, string]>([
    ['anyone', 443, {}, 'accept'],
    ['anyone over IPv6', 443, { source: '2a00::1' }, 'accept'],
    ['a range from a block', 8050, { source: '10.1.1.1' }, 'accept'],
    ['a range from another block', 8100, { source: '192.0.2.1' }, 'accept'],
    ['a range from elsewhere', 8050, {}, 'drop'],
    ['no permission', 22, {}, 'drop'],
    ['members of a group that nobody listed', 5432, { source: '10.1.2.3' }, 'unknown'],
    ['what can be no member', 5432, {}, 'drop'],
    ['a prefix list that was not given', 22, { transport: 'udp' }, 'unknown'],
  ])('%s', (_, port, ask, expected) => {
    expect(fate(groups, port, ask)).toBe(expected);
  });

  it('takes the type of ICMP from FromPort', () => {
    const question = {
      ...questionOf({ family: 4, transport: 'tcp', source: '8.8.8.8', port: 0, device: 'em0' }),
      protocol: 1,
    };
    const of = (icmpType: number) =>
      evaluate([groups], { ...question, icmpType }, MACHINE).map((part) => part.fate);
    expect(of(8)).toEqual(['accept']);
    expect(of(13)).toEqual(['drop']);
  });

  it('names the group and the permission', () => {
    const [decision] = answer(groups, 443).decisions;
    expect(decision?.rule).toMatchObject({
      handle: 'sg-0aaa',
      text: '{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0","Description":"everyone"}]}',
    });
  });

  it('takes a name of JavaScript for a protocol that it does not know', () => {
    const text =
      '{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[{"IpProtocol":"constructor","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]}]}';
    expect(fate(parse(aws, text), 22)).toBe('unknown');
  });

  it('takes the entries of a prefix list', () => {
    const layer = aws.read(
      [
        {
          origin: 'groups',
          text: '{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[{"IpProtocol":"-1","PrefixListIds":[{"PrefixListId":"pl-1"}]}]}]}',
        },
        { origin: 'entries-pl-1.json', text: '{"Entries":[{"Cidr":"198.51.100.0/24"}]}' },
      ],
      'central',
    );
    expect(fate(layer, 22, { source: '198.51.100.9', transport: 'udp' })).toBe('accept');
    expect(fate(layer, 22)).toBe('drop');
  });

  it('says unknown where a page is missing', () => {
    const layer = parse(
      aws,
      '{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]}],"NextToken":"x"}',
    );
    expect(fate(layer, 22)).toBe('unknown');
    const none = '{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[]}],"NextToken":"x"}';
    expect(fate(parse(aws, none), 22)).toBe('unknown');
  });

  it('says unknown where a prefix list goes on on another page, or an interface has no group', () => {
    const layer = aws.read(
      [
        {
          origin: 'groups',
          text: '{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[{"IpProtocol":"-1","PrefixListIds":[{"PrefixListId":"pl-1"}]}]}],"NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","PrivateIpAddress":"10.0.0.5","Groups":[{"GroupId":"sg-1"}]},{"NetworkInterfaceId":"eni-2","PrivateIpAddress":"10.0.0.6","Groups":[]}]}',
        },
        {
          origin: 'entries-pl-1.json',
          text: '{"Entries":[{"Cidr":"198.51.100.0/24"}],"NextToken":"x"}',
        },
      ],
      'central',
    );
    expect(fate(layer, 22, { destination: '10.0.0.5' })).toBe('unknown');
    expect(fate(layer, 22, { destination: '10.0.0.6' })).toBe('unknown');
  });

  it('says unknown where one of the groups of an interface is missing', () => {
    const layer = parse(
      aws,
      '{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[]}],"NetworkInterfaces":[{"NetworkInterfaceId":"eni-1","PrivateIpAddress":"10.0.0.5","Groups":[{"GroupId":"sg-1"},{"GroupId":"sg-2"}]},{"NetworkInterfaceId":"eni-2","PrivateIpAddress":"10.0.0.6","Groups":[{"GroupId":"sg-1"}]}]}',
    );
    expect(layer.unread).toEqual(['eni-1 has the security group sg-2, which was not given']);
    expect(fate(layer, 22, { destination: '10.0.0.5' })).toBe('unknown');
    expect(fate(layer, 22, { destination: '10.0.0.6' })).toBe('drop');
  });

  it.each([
    ['cut short', '{"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": ['],
    ['of another command', '{"Reservations": []}'],
    ['without permissions', '{"SecurityGroups": [{"GroupId": "sg-1"}]}'],
    ['names alone', '[{"Name": "default"}]'],
  ])('refuses a text that is %s', (_, text) => {
    expect(() => parse(aws, text)).toThrow(/this is no aws text/);
  });
});

describe('with network interfaces and ACLs', () => {
  it.each<readonly [string, number, Ask, string]>([
    ['a group of another interface', 443, {}, 'drop'],
    ['a member of the source group', 5432, { source: '10.1.2.3' }, 'accept'],
    ['who may be a member', 5432, { source: '10.1.2.4' }, 'unknown'],
    ['the public address', 5432, { source: '10.1.2.3', destination: '203.0.113.10' }, 'accept'],
    ['an address of no interface', 80, { destination: '203.0.113.77' }, 'unknown'],
  ])('%s', (_, port, ask, expected) => {
    expect(fate(placed, port, ask)).toBe(expected);
  });

  it('asks the network ACL in the order of its numbers', () => {
    const open = aws.read(
      [
        { origin: 'acls', text: JSON.stringify(acls()) },
        {
          origin: 'groups',
          text: '{"SecurityGroups":[{"GroupId":"sg-1","IpPermissions":[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]}]}',
        },
      ],
      'central',
    );
    expect(fate(open, 443)).toBe('drop');
    expect(fate(open, 443, { source: '10.0.0.1' })).toBe('accept');
    expect(fate(open, 443, { source: '10.0.0.1', transport: 'udp' })).toBe('drop');
  });

  function acls() {
    const entry = (RuleNumber: number, RuleAction: string, more: object) => ({
      RuleNumber,
      RuleAction,
      Protocol: '6',
      Egress: false,
      CidrBlock: '0.0.0.0/0',
      ...more,
    });
    return {
      NetworkAcls: [
        {
          NetworkAclId: 'acl-1',
          Associations: [],
          Entries: [
            entry(200, 'allow', {}),
            entry(100, 'deny', { CidrBlock: '8.8.8.0/24', PortRange: { From: 443, To: 443 } }),
          ],
        },
      ],
    };
  }
});

interface Api {
  readonly [key: string]: unknown;
}

/** What EC2 does with the commands: it keeps single rules, and refuses what is not there. */
class Account {
  readonly rules = new Map<string, Api>();

  constructor(text: string) {
    const { SecurityGroups } = JSON.parse(text) as {
      SecurityGroups: { GroupId: string; IpPermissions: Api[] }[];
    };
    for (const { GroupId, IpPermissions } of SecurityGroups) this.authorize(GroupId, IpPermissions);
  }

  private *single(group: string, permissions: readonly Api[]): Generator<[string, Api]> {
    for (const { IpProtocol, FromPort, ToPort, ...lists } of permissions)
      for (const [name, sources] of Object.entries(lists))
        for (const source of sources as Record<string, string>[]) {
          const { Description: _, ...bare } = source;
          const rule = { IpProtocol, FromPort, ToPort, [name]: [bare] };
          yield [`${group} ${JSON.stringify(rule)}`, { GroupId: group, IpPermissions: [rule] }];
        }
  }

  private authorize(group: string, permissions: readonly Api[]): void {
    for (const [key, rule] of this.single(group, permissions)) {
      if (this.rules.has(key)) throw new Error(`InvalidPermission.Duplicate: ${key}`);
      this.rules.set(key, rule);
    }
  }

  run({ argv }: Command): void {
    const [, , verb, , group = '', , json = ''] = argv;
    const permissions = JSON.parse(json) as Api[];
    if (verb === 'authorize-security-group-ingress') {
      this.authorize(group, permissions);
      return;
    }
    for (const [key] of this.single(group, permissions))
      if (!this.rules.delete(key)) throw new Error(`InvalidPermission.NotFound: ${key}`);
  }

  keys(): readonly string[] {
    return [...this.rules.keys()].sort();
  }

  layer() {
    return parse(
      aws,
      JSON.stringify({
        SecurityGroups: [...this.rules.values(), { GroupId: 'sg-none', IpPermissions: [] }],
      }),
    );
  }
}

describe('change', () => {
  it('lets in whom it was asked to, leaves all else, and undoes it', () => {
    const changes = fc.record({
      port: fc.constantFrom(22, 80, 443, 8000, 8050),
      only: fc.option(fc.constantFrom(['10.0.0.0/8'], ['192.0.2.128/25', '2001:db8:1::/48']), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(
        intents([]),
        changes,
        fc.array(packets, { minLength: 20, maxLength: 20 }),
        (intent, { port, only }, some) => {
          const text = aws.write(intent)[1]?.text ?? '';
          const account = new Account(text);
          const before = account.keys();
          const change: Change = {
            transport: 'tcp',
            port,
            families: [4, 6],
            reason: 'test',
            ...(only === undefined ? {} : { only }),
          };
          const script = tried(() => aws.change(change, [parse(aws, text)]));
          if (script === undefined) return;
          for (const command of script.apply) account.run(command);
          const layer = account.layer();
          const allowed = {
            allow:
              only === undefined
                ? []
                : [
                    {
                      transport: 'tcp' as const,
                      ports: [port, port] as const,
                      from: only,
                      families: [4, 6] as const,
                    },
                  ],
          };
          for (const packet of some) {
            const asked = packet.port === port && packet.transport === 'tcp';
            const still = !asked || intended(allowed, packet) === 'accept';
            expect(fateOf(layer, packet)).toBe(still ? intended(intent, packet) : 'closed');
          }
          for (const command of script.undo) account.run(command);
          expect(account.keys()).toEqual(before);
        },
      ),
    );
  });

  function tried<Result>(run: () => Result): Result | undefined {
    try {
      return run();
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'REMEDY_IMPOSSIBLE' });
      return undefined;
    }
  }

  it('adds before it takes away', () => {
    const { apply } = aws.change({ transport: 'tcp', port: 8005, families: [4, 6], reason: 'x' }, [
      groups,
    ]);
    expect(apply.map(({ argv }) => argv[2])).toEqual([
      'authorize-security-group-ingress',
      'revoke-security-group-ingress',
    ]);
  });

  it('refuses to narrow a rule for all protocols', () => {
    const layer = parse(aws, '[{"IpProtocol":"-1","IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]');
    expect(() =>
      aws.change({ transport: 'tcp', port: 22, families: [4], reason: '' }, [layer]),
    ).toThrow(/cannot close tcp port 22 in aws/);
  });
});

import type { RichRule, Zone } from './config.ts';

/**
 * A listed zone with its rich rules in the order of its file, as they were loaded: `firewall-cmd` lists
 * those of one priority in no order (a set of Python's). Those of the running firewalld alone were added
 * later. Where their order decides who gets in, and nothing tells it, the zone says so.
 */
export function inOrderOfFile(listed: Zone, saved: Zone | undefined): Zone {
  const places = new Map((saved?.rich ?? []).map((rule, at) => [meaningOf(rule), at]));
  const placeOf = (rule: RichRule) => places.get(meaningOf(rule)) ?? places.size;
  const rich = [...listed.rich].sort((a, b) => placeOf(a) - placeOf(b));
  const added = rich.filter((rule) => placeOf(rule) === places.size);
  const doubtful = added.find((rule) => rich.some((other) => conflict(rule, other)));
  if (doubtful === undefined) return { ...listed, rich };
  const doubt = `the order of the rich rules of priority ${doubtful.priority}`;
  return { ...listed, rich, unknown: [...listed.unknown, doubt] };
}

/** Of one priority but 0, where what denies comes first anyway, one letting in and one keeping out. */
function conflict(a: RichRule, b: RichRule): boolean {
  const ends = [endOf(a), endOf(b)];
  return (
    a.priority === b.priority && a.priority !== 0 && ends.includes('in') && ends.includes('out')
  );
}

function endOf({ action, element }: RichRule): 'in' | 'out' | 'neither' {
  if (action?.do === 'accept') return 'in';
  const denies = action?.do === 'drop' || action?.do === 'reject' || element?.is === 'icmp-block';
  return denies ? 'out' : 'neither';
}

/** The same for a rule of a file and the text that is listed of it. */
function meaningOf(rule: RichRule): string {
  return JSON.stringify({ ...rule, text: undefined });
}

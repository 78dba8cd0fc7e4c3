const MAX_WORD = 32;

/** Up to three of `words` that are a typing mistake away from `given`, nearest first. */
export function nearest(given: string, words: Iterable<string>): string[] {
  if (given.length > MAX_WORD) return [];
  const most = given.length < 5 ? 1 : 2;
  const found: { word: string; distance: number }[] = [];
  for (const word of new Set(words)) {
    const begun = given.length > 2 && word.startsWith(given);
    const distance = begun ? 1 : editDistance(given, word);
    // A first letter is rarely mistyped.
    if (distance <= most)
      found.push({ word, distance: distance + (word[0] === given[0] ? 0 : 0.5) });
  }
  found.sort((a, b) => a.distance - b.distance || (a.word < b.word ? -1 : 1));
  return found.slice(0, 3).map(({ word }) => word);
}

/** Insertions, deletions and replacements between two words (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

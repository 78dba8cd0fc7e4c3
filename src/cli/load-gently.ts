import { readdirSync } from 'node:fs';

/** Node 20 opens all files of a module graph at once, later versions one after another. */
const OPENS_ONE_BY_ONE = 22;
/** Descriptors with which the whole program loads at once, with room to spare. */
const ENOUGH = 512;
/** The folders of many files: none of the others holds a dozen. */
const FOLDERS = [
  '../model/known-ports/',
  '../judge/rules/',
  '../judge/data/',
  '../report/formats/',
  '../identify/protocols/',
];

/** The most descriptors this process may have; Node itself raises the soft limit at its start. */
function descriptorLimit(): number {
  const { userLimits } = (process.report?.getReport() ?? {}) as {
    userLimits?: { open_files?: { soft?: number | string } };
  };
  return Number(userLimits?.open_files?.soft ?? Number.NaN);
}

/** Loads the program's files in small groups where loading them together would run out of descriptors. */
export async function loadGently(): Promise<void> {
  if (Number.parseInt(process.versions.node, 10) >= OPENS_ONE_BY_ONE) return;
  if (!(descriptorLimit() < ENOUGH)) return;
  for (const folder of FOLDERS.map((path) => new URL(path, import.meta.url))) {
    for (const file of readdirSync(folder)) {
      if (file.endsWith('.js')) await import(new URL(file, folder).href);
    }
  }
}

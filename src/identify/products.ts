import { cpe23 } from './cpe.ts';

/** How one product names itself in a greeting. */
export interface ProductMark {
  /** Group 1, where there is one, is the version. Anchored or literal enough to be linear. */
  readonly pattern: RegExp;
  readonly product: string;
  /** Vendor and product as the NVD writes them; left out where the NVD has none or it is not known. */
  readonly cpe?: readonly [vendor: string, product: string];
}

export interface NamedProduct {
  readonly product?: string;
  readonly version?: string;
  readonly cpe?: string;
}

/** Characters of a greeting that are searched: bounds the work a peer can cause. */
const SEARCHED = 2048;

/** The first product of `marks` whose mark is in `text`; nothing known gives an empty object. */
export function namedProduct(text: string, marks: readonly ProductMark[]): NamedProduct {
  const searched = text.slice(0, SEARCHED);
  for (const { pattern, product, cpe } of marks) {
    const match = pattern.exec(searched);
    if (match === null) continue;
    const version = match[1];
    return {
      product,
      ...(version === undefined ? {} : { version }),
      ...(cpe === undefined ? {} : { cpe: cpe23(cpe[0], cpe[1], version) }),
    };
  }
  return {};
}

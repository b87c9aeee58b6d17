import {
  type Block,
  type CompositeBlock,
  type GenetFamily,
  genetWidth,
  type LeafBlock,
  type SuperBlock,
} from './block.ts';

/** A structure string that does not follow the grammar. */
export class StructureError extends Error {
  /** index into the string, from 0 */
  readonly position: number;

  constructor(position: number, message: string) {
    super(`structure string, position ${position}: ${message}`);
    this.name = 'StructureError';
    this.position = position;
  }
}

/** Names of the integers of each leaf block, in order. */
const LEAF_ARGUMENTS = {
  ConvKX: ['in', 'out', 'kernel', 'stride'],
  ConvDW: ['channels', 'kernel', 'stride'],
  BN: ['channels'],
  RELU: ['channels'],
  Swish: ['channels'],
  SE: ['channels'],
  Flatten: ['channels'],
  Linear: ['in', 'out', 'bias'],
  MaxPool: ['channels', 'kernel', 'stride'],
  AdaptiveAvgPool: ['channels', 'size'],
} as const;

const CHANNEL_KINDS = {
  BN: 'batch-norm',
  RELU: 'relu',
  Swish: 'swish',
  SE: 'squeeze-excite',
  Flatten: 'flatten',
} as const;

const SUPER_CONV = /^SuperConvK([1357])BNRELU$/;
const SUPER_XX = /^SuperResK([357])K\1$/;
const SUPER_BL = /^SuperResK1K([357])K1$/;
const SUPER_MB = /^SuperResIDWE([1246])K([357])$/;
const GENET_FAMILIES: Readonly<Record<string, GenetFamily>> = {
  SuperResKXKX: 'genet-xx',
  SuperResK1KXK1: 'genet-bl',
  SuperResK1DWK1: 'genet-dw',
  SuperResK1KX: 'genet-k1kx',
  SuperResK1DW: 'genet-k1dw',
};
const GROUPED = /^ConvKXG(2|4|8|16|32)$/;

/**
 * The blocks of a structure string; only its first line is read.
 *
 *     net   = block { block }
 *     block = NAME "(" [ label "|" ] args ")"
 *     args  = int { "," int }  |  [ int "," [ int "," ] ] net  |  net { ";" net }
 *
 * @throws StructureError with the position and what was expected there
 */
export function parseStructure(text: string): Block[] {
  const [line = ''] = text.split(/\r?\n/, 1);
  const reader = new Reader(line.trimEnd());
  const blocks = reader.net();
  if (!reader.atEnd()) reader.fail('expected a block or the end');
  return blocks;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  fail(message: string, position = this.#at): never {
    const found = position < this.#text.length ? `"${this.#text.slice(position, position + 12)}"` : 'the end';
    throw new StructureError(position, `${message}, found ${found}`);
  }

  net(): Block[] {
    const blocks = [this.#block()];
    while (!this.atEnd() && !');'.includes(this.#peek())) blocks.push(this.#block());
    return blocks;
  }

  #block(): Block {
    const start = this.#at;
    const name = this.#match(/[A-Za-z]\w*/y) ?? this.fail('expected the name of a block');
    this.#expect('(');
    const label = this.#label();
    const block = this.#superBlock(name, label) ?? this.#composite(name, label) ?? this.#leaf(name, label);
    if (block === null) this.fail(`expected the name of a known block, not ${name}`, start);
    this.#expect(')');
    return block;
  }

  /** A label ends at the first `|`; a parenthesis before that belongs to an inner block. */
  #label(): string | null {
    const label = this.#match(/[^|()]*\|/y);
    return label === null ? null : label.slice(0, -1);
  }

  #superBlock(name: string, label: string | null): SuperBlock | null {
    const conv = SUPER_CONV.exec(name);
    if (conv !== null) {
      const [input, out, stride, layers] = this.#integers(['in', 'out', 'stride', 'layers']);
      const kernel = Number(conv[1]);
      return {
        kind: 'super',
        label,
        family: 'conv',
        kernel,
        expansion: 1,
        in: input,
        out,
        stride,
        bottleneck: out,
        layers,
      };
    }
    const genet = GENET_FAMILIES[name];
    if (genet !== undefined) return this.#genetBlock(genet, label);
    const xx = SUPER_XX.exec(name);
    const bl = SUPER_BL.exec(name);
    const mb = SUPER_MB.exec(name);
    if (xx === null && bl === null && mb === null) return null;
    const [input, out, stride, bottleneck, layers] = this.#integers(['in', 'out', 'stride', 'bottleneck', 'layers']);
    return {
      kind: 'super',
      label,
      family: xx ? 'xx' : bl ? 'bl' : 'mb',
      kernel: Number(xx?.[1] ?? bl?.[1] ?? mb?.[2]),
      expansion: Number(mb?.[1] ?? 1),
      in: input,
      out,
      stride,
      bottleneck,
      layers,
    };
  }

  #genetBlock(family: GenetFamily, label: string | null): SuperBlock {
    const [input, out, kernel, stride] = this.#integers(['in', 'out', 'kernel', 'stride'], true);
    this.#expect(',');
    const ratio = Number(this.#match(/\d{1,4}(?:\.\d{1,6})?/y) ?? this.fail('expected the ratio, a decimal'));
    this.#expect(',');
    const [layers] = this.#integers(['layers']);
    const bottleneck = genetWidth(out, ratio);
    return { kind: 'super', label, family, kernel, expansion: ratio, in: input, out, stride, bottleneck, layers };
  }

  #leaf(name: string, label: string | null): LeafBlock | null {
    const grouped = GROUPED.exec(name);
    if (name === 'ConvKX' || grouped !== null) {
      const [input, out, kernel, stride] = this.#integers(LEAF_ARGUMENTS.ConvKX);
      return { kind: 'conv', label, in: input, out, kernel, stride, groups: Number(grouped?.[1] ?? 1) };
    }
    switch (name) {
      case 'ConvDW': {
        const [channels, kernel, stride] = this.#integers(LEAF_ARGUMENTS.ConvDW);
        return { kind: 'depthwise-conv', label, channels, kernel, stride };
      }
      case 'Linear': {
        const [input, out] = this.#integers(['in', 'out'], true);
        this.#expect(',');
        const bias = this.#match(/[01](?=\))/y) ?? this.fail('expected bias 0 or 1');
        return { kind: 'linear', label, in: input, out, bias: bias === '1' };
      }
      case 'MaxPool': {
        const [channels, kernel, stride] = this.#integers(LEAF_ARGUMENTS.MaxPool);
        return { kind: 'max-pool', label, channels, kernel, stride };
      }
      case 'AdaptiveAvgPool': {
        const [channels, size] = this.#integers(LEAF_ARGUMENTS.AdaptiveAvgPool);
        return { kind: 'average-pool', label, channels, size };
      }
      case 'BN':
      case 'RELU':
      case 'Swish':
      case 'SE':
      case 'Flatten': {
        const [channels] = this.#integers(LEAF_ARGUMENTS[name]);
        return { kind: CHANNEL_KINDS[name], label, channels };
      }
      default:
        return null;
    }
  }

  #composite(name: string, label: string | null): CompositeBlock | null {
    switch (name) {
      case 'Sequential':
        return { kind: 'sequential', label, blocks: this.net() };
      case 'ResBlock':
      case 'ResBlockProj': {
        const input = this.#match(/\d+,/y);
        const stride = input === null ? null : this.#match(/\d+,/y);
        return {
          kind: 'residual',
          label,
          in: input === null ? null : Number.parseInt(input, 10),
          stride: stride === null ? null : Number.parseInt(stride, 10),
          alwaysProject: name === 'ResBlockProj',
          blocks: this.net(),
        };
      }
      case 'MultiSumBlock':
      case 'MultiCatBlock': {
        const branches = [this.net()];
        while (this.#match(/;/y) !== null) branches.push(this.net());
        return { kind: name === 'MultiSumBlock' ? 'sum' : 'concat', label, branches };
      }
      default:
        return null;
    }
  }

  /** One integer per name, separated by commas, up to the closing parenthesis (not read). */
  #integers<const Names extends readonly string[]>(names: Names, more = false): { [K in keyof Names]: number } {
    const values = names.map((name, i) => {
      if (i > 0 && this.#match(/,/y) === null) this.fail(`expected "," and ${name}`);
      return Number(this.#match(/\d{1,9}/y) ?? this.fail(`expected the integer ${name}`));
    });
    if (!more && this.#peek() !== ')') this.fail(`expected ")" after ${names.at(-1)}`);
    return values as { [K in keyof Names]: number };
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  #expect(token: string): void {
    if (this.#peek() !== token) this.fail(`expected "${token}"`);
    this.#at += token.length;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const [found = null] = pattern.exec(this.#text) ?? [];
    if (found !== null) this.#at += found.length;
    return found;
  }
}

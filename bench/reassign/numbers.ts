/** Whole numbers of a text file, one by one, with the line of each. Files may have tens of millions of them. */
export class BadFile extends Error {}

const [zero, nine, newline] = [48, 57, 10];

export class NumberFile {
  private next = 0;
  private line = 1;
  /** Of the number read last. */
  private lineOfLast = 1;

  constructor(
    readonly file: string,
    private readonly text: Uint8Array,
  ) {}

  /** From `least` up to `most`; `what` names it where the file is refused. */
  read(what: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
    this.skipSpace();
    this.lineOfLast = this.line;
    const { text } = this;
    const start = this.next;
    let value = 0;
    let i = start;
    for (; i < text.length; i += 1) {
      const digit = text[i] as number;
      if (digit < zero || digit > nine) break;
      value = value * 10 + digit - zero;
    }
    this.next = i;
    if (i === start || (i < text.length && (text[i] as number) > 32)) this.refuseWord(what, start);
    if (value < least || value > most) {
      const wanted = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
      this.refuse(`${what} is ${value}`, `give a whole number, ${wanted}`);
    }
    return value;
  }

  /** Nothing may follow. */
  end(): void {
    this.skipSpace();
    this.lineOfLast = this.line;
    if (this.next >= this.text.length) return;
    this.refuse('numbers follow after the end', 'take them out, or correct a count above');
  }

  refuse(problem: string, remedy: string): never {
    throw new BadFile(`${this.file}, line ${this.lineOfLast}: ${problem}; ${remedy}`);
  }

  private refuseWord(what: string, start: number): never {
    if (start >= this.text.length) {
      this.refuse(`the file ends where ${what} should be`, 'get the whole file, or correct a count above');
    }
    let end = start;
    while (end < this.text.length && (this.text[end] as number) > 32 && end - start < 20) end += 1;
    const word = new TextDecoder().decode(this.text.subarray(start, end));
    this.refuse(`${what} is '${word}'`, 'give a whole number, 0 or more');
  }

  private skipSpace(): void {
    const { text } = this;
    let i = this.next;
    for (; i < text.length && (text[i] as number) <= 32; i += 1) if (text[i] === newline) this.line += 1;
    this.next = i;
  }
}

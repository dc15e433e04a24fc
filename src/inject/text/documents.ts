import { Composer, type Document, isScalar, LineCounter, Parser } from "yaml";
import { problemAt, type TextProblem } from "./problem.ts";
import { surveyDocument, type Survey } from "./survey.ts";

export interface SourceDocument {
  readonly document: Document.Parsed;
  readonly survey: Survey;
}

/** One text, document by document: only one is in memory at a time, however many there are. */
export class Documents {
  readonly text: string;
  readonly lines = new LineCounter();
  #reached = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Every document with something in it; a problem in the place of one that cannot be read. */
  *read(): Generator<SourceDocument | TextProblem> {
    const parser = new Parser(this.lines.addNewLine);
    const composer = new Composer({ keepSourceTokens: true, prettyErrors: false, uniqueKeys: false, merge: true, version: "1.2" });
    const documents = composer.compose(parser.parse(this.text));
    for (;;) {
      let found: SourceDocument | TextProblem | null;
      try {
        const next = documents.next();
        if (next.done === true) return;
        found = this.#judge(next.value);
      } catch (error) {
        // Reading calls itself for each level.
        if (!(error instanceof RangeError)) throw error;
        yield problemAt(this.lines, this.#reached, "nested too deeply");
        return;
      }
      if (found !== null) yield found;
    }
  }

  #judge(document: Document.Parsed): SourceDocument | TextProblem | null {
    [, , this.#reached] = document.range;
    const [error] = document.errors;
    if (error !== undefined) return problemAt(this.lines, error.pos[0], yamlWords(error.message), this.#hint(error.pos[0]));
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) return null;
    const survey = surveyDocument(document);
    return "message" in survey ? problemAt(this.lines, survey.offset, survey.message) : { document, survey };
  }

  #hint(offset: number): string | undefined {
    const start = this.text.lastIndexOf("\n", offset - 1) + 1;
    const end = this.text.indexOf("\n", offset);
    const line = this.text.slice(start, end < 0 ? undefined : end);
    if (line.includes("{{")) return "a template of Helm? Render it first: helm template … | meshctl inject -";
    return /^[ ]*\t/.test(line) ? "indentation must be blanks, not tabs" : undefined;
  }
}

function yamlWords(message: string): string {
  const [first = ""] = message.split("\n", 1);
  return `not valid YAML: ${first.charAt(0).toLowerCase()}${first.slice(1)}`;
}

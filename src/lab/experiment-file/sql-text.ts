import { EverviewError } from '../../index.ts';

export type SqlExperimentText = {
  /** The settings, each at its place in the file; before them white space. */
  readonly settings: string;
  readonly declarations: string;
};

const heading = /^\s*\/\*[ \t]*everview lab[ \t]*(?=\r?\n|\*\/)/;

/** @throws EverviewError `invalid-experiment` where the comment with the settings is missing. */
export function splitSqlText(text: string, name: string): SqlExperimentText {
  const [opening] = text.match(heading) ?? [];
  const end = text.indexOf('*/');
  if (opening === undefined || end < opening.length) {
    throw new EverviewError('invalid-experiment', `${name} does not begin with the experiment's settings`, {
      hint: 'write them as YAML in a comment before the declarations: /* everview lab … */',
    });
  }
  return {
    settings: opening.replace(/\S/g, ' ') + text.slice(opening.length, end),
    // Lines stay where they are, for the places of what is wrong.
    declarations: text.slice(0, end + 2).replace(/\S/g, ' ') + text.slice(end + 2),
  };
}

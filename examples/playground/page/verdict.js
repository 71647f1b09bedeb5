// The verdict is the answer in a sentence or two.

import { $, make, number, money, count } from './dom.js';

// someAreSkippedBefore reports whether some ids are skipped for their prefix or team, so that their
// lookup does not get as far as the pattern.
export const someAreSkippedBefore = (answer) => answer.failed < answer.ids;

export function verdictOf(answer) {
  if (answer.patternError) {
    const some = `${number(answer.failed)} of ${count(answer.ids, 'id', 'ids')}, `
      + 'and skips the others before it gets to the pattern';
    return [make('b', 'bad', 'The pattern does not compile.'),
      ` Airflow raises an error for ${someAreSkippedBefore(answer) ? some : 'every lookup'}.`];
  }
  if (answer.stopped) return stoppedOf(answer);
  if (!answer.ids) return ['No ids to look up yet.'];
  const [none, now] = [answer.costs[0], answer.costs.at(-1)];
  const saved = none.dollars - now.dollars;
  const parts = [make('b', '', reachedOf(answer))];
  if (answer.reached !== answer.ids) parts.push(`, ${number(answer.skipped)} skipped`);
  parts.push(answer.atMost ? '. At most ' : '. ', make('b', '', `${money(now.dollars)} a month`));
  if (saved > 0) parts.push(', ', make('b', 'saves', `${money(saved)} less`), ' than without a pattern');
  parts.push('.');
  if (answer.refused) {
    const names = answer.refused === 1 ? 'name' : 'names';
    parts.push(' ', make('b', 'bad', `AWS refuses the ${names}`), ` of ${count(answer.refused, 'id', 'ids')}.`);
  }
  const findings = answer.findings.length + answer.unsaid;
  if (findings) {
    const look = make('button', 'link', `${count(findings, 'thing is', 'things are')} worth a look`);
    look.type = 'button';
    look.addEventListener('click', () => $('findingsCard').focus()); // it is far down on a phone
    parts.push(' ', look, '.');
  }
  return parts;
}

function reachedOf({ ids, reached }) {
  if (reached !== ids) {
    return `${number(reached)} of ${count(ids, 'id', 'ids')} ${reached === 1 ? 'reaches' : 'reach'} AWS`;
  }
  return ids === 1 ? 'The id reaches AWS' : `All ${number(ids)} ids reach AWS`;
}

function stoppedOf(answer) {
  const parts = answer.stopped === 'steps'
    ? [make('b', 'bad', 'The pattern takes too many steps.'), ' The match was given up after millions of steps.'
      + ' Python would go on for minutes or years, and so would the task in Airflow.']
    : [make('b', 'bad', 'The pattern takes too many steps for so many ids.')];
  if (answer.untried) parts.push(` ${count(answer.untried, 'id was', 'ids were')} not tried.`);
  return parts;
}

// The verdict is the answer in a sentence or two.

import { $, make, number, money, count } from './dom.js';

// someAreSkippedBefore reports whether some ids are skipped for their prefix or team, so that their
// lookup does not get as far as the pattern.
export const someAreSkippedBefore = (answer) => answer.failed < answer.ids;

export function verdictOf(answer) {
  if (answer.patternError) {
    return [make('b', 'bad', 'The pattern does not compile.'), someAreSkippedBefore(answer)
      ? ` Airflow raises an error for ${number(answer.failed)} of ${count(answer.ids, 'id', 'ids')}, and skips the others before it gets to the pattern.`
      : ' Airflow raises an error for every lookup.'];
  }
  if (answer.stopped) return stoppedOf(answer);
  if (!answer.ids) return ['No ids to look up yet.'];
  const [none, now] = [answer.costs[0], answer.costs.at(-1)];
  const saved = none.dollars - now.dollars;
  const parts = answer.reached === answer.ids
    ? [make('b', '', answer.ids === 1 ? 'The id reaches AWS' : `All ${number(answer.ids)} ids reach AWS`)]
    : [make('b', '', `${number(answer.reached)} of ${count(answer.ids, 'id', 'ids')} ${answer.reached === 1 ? 'reaches' : 'reach'} AWS`), `, ${number(answer.skipped)} skipped`];
  parts.push(answer.atMost ? '. At most ' : '. ', make('b', '', `${money(now.dollars)} a month`));
  if (saved > 0) parts.push(', ', make('b', 'saves', `${money(saved)} less`), ' than without a pattern');
  parts.push('.');
  if (answer.refused) parts.push(' ', make('b', 'bad', `AWS refuses the ${answer.refused === 1 ? 'name' : 'names'}`), ` of ${count(answer.refused, 'id', 'ids')}.`);
  const findings = answer.findings.length + answer.unsaid;
  if (findings) {
    const look = make('button', 'link', `${count(findings, 'thing is', 'things are')} worth a look`);
    look.type = 'button';
    look.addEventListener('click', () => $('findingsCard').focus()); // it is far down on a phone
    parts.push(' ', look, '.');
  }
  return parts;
}

function stoppedOf(answer) {
  const parts = answer.stopped === 'steps'
    ? [make('b', 'bad', 'The pattern takes too many steps.'), ' The match was given up after millions of steps. Python would go on for minutes or years, and so would the task in Airflow.']
    : [make('b', 'bad', 'The pattern takes too many steps for so many ids.')];
  if (answer.untried) parts.push(` ${count(answer.untried, 'id was', 'ids were')} not tried.`);
  return parts;
}

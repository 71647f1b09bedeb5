// The list of ids, one page of it at a time.

import { $, make, insteadOf, say, number, count } from './dom.js';
import { state } from './state.js';

const filters = [
  ['', 'All', (a) => a.ids - a.untried],
  ['asked', 'Asked', (a) => a.reached - a.refused],
  ['skipped', 'Skipped', (a) => a.skipped],
  ['refused', 'Refused', (a) => a.refused],
  ['fails', 'Failing', (a) => a.failed],
  ['noted', 'With findings', (a) => a.noted],
];
const always = ['', 'asked', 'skipped']; // the others are shown if they have ids

export function showRows(answer) {
  for (const [show, label, countOf] of filters) {
    const button = $('filters').querySelector(`[data-show="${show}"]`);
    const n = countOf(answer);
    button.replaceChildren(label, ' ', make('span', '', number(n)));
    button.hidden = !n && !always.includes(show) && state.view.show !== show;
    button.setAttribute('aria-pressed', String(state.view.show === show));
  }
  const { rows, count: shown, first, page, pages } = answer.shown;
  $('rows').replaceChildren(...rows.map(rowOf));
  const hints = [];
  if (!answer.ids) hints.push('No ids yet: write some, one a line.');
  else if (!shown) hints.push('No id matches the filter.');
  if (answer.repeated) {
    hints.push(`${count(answer.repeated, 'line repeats', 'lines repeat')} an id, which counts once.`);
  }
  say($('rowsHint'), hints.join(' '));
  $('pager').hidden = pages === 1;
  $('range').textContent = `${number(first + 1)}–${number(first + rows.length)} of ${number(shown)}`;
  state.view.page = page;
  const last = pages - 1;
  const targets = { firstPage: 0, prevPage: page - 1, nextPage: page + 1, lastPage: last };
  for (const [id, target] of Object.entries(targets)) {
    const off = target < 0 || target > last || target === page;
    $(id).dataset.page = target;
    $(id).setAttribute('aria-disabled', String(off)); // disabled would lose the focus
  }
}

function rowOf(r) {
  const why = make('span', 'why');
  (r.names || []).forEach((name, i) => why.append(i ? ', then ' : '', make('code', '', name)));
  if (r.why) why.append(r.names ? ': ' : '', r.names ? make('b', '', r.why) : r.why);
  const isSaid = (f) => f.rule === 'forbidden-character' && r.state === 'refused'; // by why
  const notes = (r.notes || []).filter((f) => !isSaid(f)).map((f) => make('span', 'why note',
    make('b', '', f.rule), `: ${f.problem}; write `, insteadOf(f)));
  return make('li', r.state, make('span', 'tag', r.state), make('span', 'id', r.id), why, ...notes);
}

// The list of ids, one page of it at a time.

import { $, make, say, number, count } from './dom.js';
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
  if (answer.repeated) hints.push(`${count(answer.repeated, 'line repeats', 'lines repeat')} an id and ${answer.repeated === 1 ? 'is' : 'are'} not counted.`);
  say($('rowsHint'), hints.join(' '));
  $('pager').hidden = pages === 1;
  $('range').textContent = `${number(first + 1)}–${number(first + rows.length)} of ${number(shown)}`;
  state.view.page = page;
  for (const [id, target, off] of [['firstPage', 0, page === 0], ['prevPage', page - 1, page === 0], ['nextPage', page + 1, page === pages - 1], ['lastPage', pages - 1, page === pages - 1]]) {
    $(id).dataset.page = target;
    $(id).setAttribute('aria-disabled', String(off)); // disabled would lose the focus
  }
}

function rowOf(r) {
  const why = make('span', 'why');
  (r.names || []).forEach((name, i) => why.append(i ? ', then ' : '', make('code', '', name)));
  if (r.why) why.append(r.names ? ': ' : '', r.names ? make('b', '', r.why) : r.why);
  const notes = (r.notes || []).filter((f) => f.rule !== 'forbidden-character' || r.state !== 'refused') // which says so already
    .map((f) => make('span', 'why note', make('b', '', f.rule), `: ${f.problem}; write `, f.instead.includes(' ') ? f.instead : make('code', '', f.instead)));
  return make('li', r.state, make('span', 'tag', r.state), make('span', 'id', r.id), why, ...notes);
}

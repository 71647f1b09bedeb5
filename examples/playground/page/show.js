// Shows an answer.

import { $, make, insteadOf, say, number, money, announce } from './dom.js';
import { state, grow } from './state.js';
import { showRows } from './rows.js';
import { verdictOf, someAreSkippedBefore } from './verdict.js';

export function show(answer, kwargs) {
  $('results').classList.toggle('old', Boolean(answer.error)); // it belongs to an earlier question
  $('results').setAttribute('aria-busy', 'false');
  if (answer.error) {
    showLabels();
    showPatternError();
    $('verdict').replaceChildren(make('b', 'bad', answer.error));
    announce(answer.error);
    return;
  }
  if (answer.fields) fill(answer.fields);
  showLabels();
  $('idsNow').textContent = number(answer.ids);
  showKwargs(answer);
  showPatternError(answer.patternError, someAreSkippedBefore(answer));
  showCosts(answer);
  showFindings(answer);
  showRows(answer);
  showPaste(answer, kwargs);
  $('verdict').replaceChildren(...verdictOf(answer));
  announce($('verdict').textContent + (answer.patternError ? ` ${$('patternWhat').textContent}` : ''));
}

function fill(fields) {
  for (const name of ['pattern', 'prefix', 'sep']) {
    if ($(name).value !== fields[name]) $(name).value = fields[name];
  }
  $('never').checked = fields.never;
  grow();
}

function showLabels() {
  const stem = state.kind === 'config' ? 'config' : state.kind + 's';
  $('patternKey').textContent = stem + '_lookup_pattern';
  $('prefixKey').textContent = stem + '_prefix';
  $('team').disabled = state.kind === 'config';
  say($('teamHint'), state.kind === 'config' ? 'Config options do not have teams.' : '');
  $('prefix').disabled = $('never').checked;
  const team = state.kind !== 'config' && $('team').value;
  const path = $('prefix').value ? $('prefix').value + $('sep').value : 'no prefix';
  $('namesNow').textContent = $('never').checked ? 'not looked up' : path + (team ? `, team ${team}` : '');
  $('lookupsNow').textContent = `${number(Number($('lookups').value))} ${$('per').selectedOptions[0].text}`;
}

function showKwargs(answer) {
  const notes = (answer.kwargs.warnings || []).map((warning) => make('p', '', warning));
  state.kwargsRead = !answer.kwargs.error;
  if (answer.kwargs.error) notes.unshift(make('p', 'trouble', answer.kwargs.error));
  $('kwargsNotes').replaceChildren(...notes);
  $('kwargsStale').hidden = state.fromKwargs || !$('kwargs').value.trim() || Boolean(answer.kwargs.error);
}

function showPatternError(error, some) {
  $('patternError').hidden = !error;
  $('pattern').setAttribute('aria-invalid', String(Boolean(error)));
  if (!error) {
    // Hidden text still describes the field.
    for (const id of ['before', 'mark', 'after', 'patternWhat']) $(id).textContent = '';
    return;
  }
  // Python counts characters, as Array.from does; the length of a string counts UTF-16 units.
  const characters = Array.from($('pattern').value);
  const at = characters[error.offset];
  const signs = { ' ': '␣', '\n': '↵', '\t': '⇥', undefined: '\u00a0' };
  $('before').textContent = characters.slice(0, error.offset).join('');
  $('mark').textContent = signs[at] || at;
  $('after').textContent = characters.slice(error.offset + 1).join('');
  const where = at === undefined ? 'at the end' : `at character ${error.offset + 1}`;
  const which = some ? 'every lookup that gets to the pattern' : 'every lookup';
  $('patternWhat').textContent = `${error.what}, ${where}. `
    + `Python’s re.error says position ${error.offset}, and ${which} fails.`;
}

function showCosts(answer) {
  const most = Math.max(...answer.costs.map((c) => c.calls), 1);
  $('costs').tBodies[0].replaceChildren(...answer.costs.map((c) => {
    const fill = make('i', '');
    fill.style.width = `${(c.unknown ? 0 : c.calls / most) * 100}%`;
    const bar = make('span', 'bar', fill);
    bar.setAttribute('aria-hidden', 'true');
    const name = make('th', '', c.name, bar);
    name.scope = 'row';
    const cells = c.unknown ? ['?', '?', '?'] : c.fails ? ['–', '–', '–']
      : [number(c.asked), number(c.calls), money(c.dollars)];
    return make('tr', '', name, ...cells.map((text) => make('td', '', text)));
  }));
  const free = answer.costs.at(-1).fails ? ' No calls are made while the pattern does not compile.' : '';
  $('costHint').textContent = 'At 5 cents for 10,000 GetSecretValue calls, for 30 days without a cache'
    + (answer.atMost ? ', at most: the second name is asked for only if the first is missing.' : '.') + free;
}

function showFindings(answer) {
  const items = answer.findings.map((f) => make('li', '',
    make('p', '', make('b', '', f.rule), ': ' + f.problem),
    make('p', '', 'Write ', insteadOf(f))));
  if (answer.unsaid) items.push(make('li', 'none', `and ${number(answer.unsaid)} more`));
  if (!items.length) {
    const none = answer.patternError ? 'Fix the pattern first: it does not compile.' : 'Nothing found.';
    items.push(make('li', 'none', none));
  }
  $('findings').replaceChildren(...items);
}

// pasteText is what the Copy button copies.
let text = '';
export const pasteText = () => text;

// showPaste puts the pieces of the answer together with the kwargs that were asked about. Values
// that may be secret are on the page once already, and are not shown again.
function showPaste(answer, kwargs) {
  const join = (valueOf) => answer.paste.map((p) => (p.to ? valueOf(p) : p.text)).join('');
  text = join((p) => kwargs.slice(p.from, p.to));
  const hidden = answer.paste.some((p) => p.hidden);
  $('paste').textContent = join((p) => (p.hidden ? '"•••"' : kwargs.slice(p.from, p.to)));
  const left = 'Only the fields: the kwargs that were pasted cannot be read, and are not merged.';
  const whole = 'Your kwargs, with the fields merged in.'
    + (hidden ? ' Values that may be secret are hidden here; Copy includes them.' : '');
  say($('pasteHint'), answer.merged ? whole : kwargs.trim() ? left : '');
}

'use strict';

// The page holds no rules of its own: at each keystroke it asks the program that served it, and shows the answer. Whatever it
// shows is text to the browser, never markup.

const $ = (id) => document.getElementById(id);
const form = $('form');

const start = {
  kind: 'connection',
  pattern: '^(?!aws_default$).*$',
  ids: 'aws_default\npostgres_default\nsmtp_default\nredshift_reports\nsnowflake_prod\nslack_alerts',
};

// What the kwargs last filled in; while it holds, the kwargs say what the pattern, the prefix and the separator are.
let fromKwargs = false;
let kwargsRead = false; // the last answer understood them
let kind = 'connection';

// ---- the question ----

const prefixOf = (kind) => form.querySelector(`[name=kind][value=${kind}]`).dataset.prefix;

function question() {
  return {
    kind,
    fields: { pattern: $('pattern').value, prefix: $('prefix').value, never: $('never').checked, sep: $('sep').value },
    kwargs: $('kwargs').value,
    fromKwargs,
    multiTeam: $('multiTeam').checked,
    team: kind === 'config' ? '' : $('team').value,
    ids: $('ids').value,
    lookups: Number($('lookups').value),
    per: $('per').value,
  };
}

let timer = 0;
let asking = new AbortController();
let latest = 0; // an answer to an earlier question is dropped

function changed() {
  $('results').setAttribute('aria-busy', 'true');
  const mine = ++latest;
  clearTimeout(timer);
  timer = setTimeout(() => ask(mine), 30);
}

async function ask(mine) {
  asking.abort();
  asking = new AbortController();
  let answer;
  try {
    const response = await fetch('plan', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(question()),
      signal: asking.signal,
    });
    answer = await response.json();
  } catch (error) {
    if (error.name === 'AbortError') return;
    answer = { error: 'The playground does not answer: is the program that served this page still running?' };
  }
  if (mine !== latest) return;
  show(answer);
  keep();
}

// ---- the answer ----

// make builds an element; its children are elements or text.
function make(name, className, ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function say(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

const number = new Intl.NumberFormat('en-US');
const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const money = (amount) => (amount > 0 && amount < 0.01 ? 'under $0.01' : dollars.format(amount));
const count = (n, one, many) => `${number.format(n)} ${n === 1 ? one : many}`;

function show(answer) {
  $('results').classList.toggle('old', Boolean(answer.error)); // what it shows is no answer to what is asked
  if (answer.error) {
    showLabels();
    showPatternError();
    $('verdict').replaceChildren(make('b', 'bad', answer.error));
    announce(answer.error);
    $('results').setAttribute('aria-busy', 'false');
    return;
  }
  if (answer.fields) fill(answer.fields);
  showLabels();
  showKwargs(answer);
  showPatternError(answer.patternError, someFail(answer));
  showCosts(answer);
  showFindings(answer);
  showRows(answer);
  $('paste').textContent = answer.paste;
  $('verdict').replaceChildren(...verdictOf(answer));
  announce($('verdict').textContent + (answer.patternError ? ` ${$('patternWhat').textContent}` : ''));
  $('results').setAttribute('aria-busy', 'false');
}

function fill(fields) {
  for (const name of ['pattern', 'prefix', 'sep']) if ($(name).value !== fields[name]) $(name).value = fields[name];
  $('never').checked = fields.never;
  grow();
}

function showLabels() {
  const stem = kind === 'config' ? 'config' : kind + 's';
  $('patternKey').textContent = stem + '_lookup_pattern';
  $('prefixKey').textContent = stem + '_prefix';
  $('team').disabled = kind === 'config';
  say($('teamHint'), kind === 'config' ? 'Config options know no teams.' : '');
  $('prefix').disabled = $('never').checked;
  const team = kind !== 'config' && $('team').value;
  $('namesNow').textContent = $('never').checked ? 'never asked for'
    : ($('prefix').value || 'no prefix') + ($('prefix').value ? $('sep').value : '') + (team ? `, team ${team}` : '');
}

function showKwargs(answer) {
  const notes = (answer.kwargs.warnings || []).map((warning) => make('p', '', warning));
  kwargsRead = !answer.kwargs.error;
  if (answer.kwargs.error) notes.unshift(make('p', 'trouble', answer.kwargs.error));
  $('kwargsNotes').replaceChildren(...notes);
  $('kwargsStale').hidden = fromKwargs || !$('kwargs').value.trim() || Boolean(answer.kwargs.error);
}

// someFail: an id that is skipped for its prefix or its team does not come as far as the pattern.
const someFail = (answer) => answer.failed < answer.ids;

function showPatternError(error, some) {
  $('patternError').hidden = !error;
  $('pattern').setAttribute('aria-invalid', String(Boolean(error)));
  if (!error) {
    for (const id of ['before', 'mark', 'after', 'patternWhat']) $(id).textContent = ''; // what is hidden still describes the field
    return;
  }
  // Python counts characters, as Array.from does; the length of a string in a browser counts halves of some.
  const characters = Array.from($('pattern').value);
  const at = characters[error.offset];
  const signs = { ' ': '␣', '\n': '↵', '\t': '⇥', undefined: '\u00a0' };
  $('before').textContent = characters.slice(0, error.offset).join('');
  $('mark').textContent = signs[at] || at;
  $('after').textContent = characters.slice(error.offset + 1).join('');
  const where = at === undefined ? 'at the end' : `at character ${error.offset + 1}`;
  $('patternWhat').textContent = `${error.what}, ${where}. Python’s re.error says position ${error.offset}, and every lookup ${some ? 'that comes so far ' : ''}fails.`;
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
    const cells = c.unknown ? ['?', '?', '?'] : c.fails ? ['–', '–', '–'] : [number.format(c.asked), number.format(c.calls), money(c.dollars)];
    return make('tr', '', name, ...cells.map((text) => make('td', '', text)));
  }));
  const free = answer.costs.at(-1).fails ? ' A pattern that does not compile makes no calls, and no lookup is answered.' : '';
  $('costHint').textContent = '5 cents for 10,000 GetSecretValue calls, 30 days, without a cache'
    + (answer.atMost ? '; at most, since a second name is asked for only where the first is not there.' : '.') + free;
}

function showFindings(answer) {
  const items = answer.findings.map((f) => make('li', '',
    make('p', '', make('b', '', f.rule), ': ' + f.problem),
    make('p', '', 'Write ', f.instead.includes(' ') ? f.instead : make('code', '', f.instead)))); // some are words, some are patterns
  if (answer.unsaid) items.push(make('li', 'none', `and ${number.format(answer.unsaid)} more`));
  if (!items.length) items.push(make('li', 'none', answer.patternError ? 'Nothing can be said before the pattern compiles.' : 'Nothing found.'));
  $('findings').replaceChildren(...items);
}

function showRows(answer) {
  $('rows').replaceChildren(...answer.rows.map((r) => {
    const id = make('span', 'id', r.id);
    if (r.fails) return make('li', 'fails', make('span', 'tag', 'fails'), id, make('span', 'why', r.fails));
    if (r.skip) return make('li', 'skipped', make('span', 'tag', 'skipped'), id, make('span', 'why', r.skip));
    const why = make('span', 'why');
    r.names.forEach((name, i) => why.append(i ? ', then ' : '', make('code', '', name)));
    return make('li', 'asked', make('span', 'tag', 'asked'), id, why);
  }));
  const hints = [];
  const more = answer.reached + answer.skipped + answer.failed - answer.rows.length;
  if (!answer.ids) hints.push('No ids yet: write some, one a line.');
  if (more > 0) hints.push(`And ${number.format(more)} more, which are counted.`);
  if (answer.repeated) hints.push(`${count(answer.repeated, 'line names', 'lines name')} an id again and ${answer.repeated === 1 ? 'is' : 'are'} not counted.`);
  say($('rowsHint'), hints.join(' '));
}

// verdictOf is the answer in a sentence or two.
function verdictOf(answer) {
  if (answer.patternError) return [make('b', 'bad', 'The pattern does not compile.'), someFail(answer) ? ` Airflow raises an error at ${number.format(answer.failed)} of ${count(answer.ids, 'id', 'ids')}, and skips the others before.` : ' Airflow raises an error at each lookup.'];
  if (answer.stopped) return stoppedOf(answer);
  if (!answer.ids) return ['No ids to look up yet.'];
  const [none, now] = [answer.costs[0], answer.costs.at(-1)];
  const saved = none.dollars - now.dollars;
  const parts = answer.reached === answer.ids
    ? [make('b', '', answer.ids === 1 ? 'The id reaches AWS' : `All ${number.format(answer.ids)} ids reach AWS`)]
    : [make('b', '', `${number.format(answer.reached)} of ${count(answer.ids, 'id', 'ids')} ${answer.reached === 1 ? 'reaches' : 'reach'} AWS`), `, ${number.format(answer.skipped)} skipped`];
  parts.push(answer.atMost ? '. At most ' : '. ', make('b', '', `${money(now.dollars)} a month`));
  if (saved > 0) parts.push(', ', make('b', 'saves', `${money(saved)} less`), ' than without a pattern');
  parts.push('.');
  const findings = answer.findings.length + answer.unsaid;
  if (findings) {
    const look = make('button', 'link', `${count(findings, 'thing is', 'things are')} worth a look`);
    look.type = 'button';
    look.addEventListener('click', () => $('findingsCard').focus()); // on a phone it is far down
    parts.push(' ', look, '.');
  }
  return parts;
}

function stoppedOf(answer) {
  const parts = answer.stopped === 'steps'
    ? [make('b', 'bad', 'The pattern takes too many steps.'), ' A match was given up after some millions of them; Python would go on for minutes or years, and a task of Airflow with it.']
    : [make('b', 'bad', 'The pattern takes too many steps on so many ids.')];
  if (answer.untried) parts.push(` ${count(answer.untried, 'id was', 'ids were')} not tried.`);
  return parts;
}

// announce waits until the typing stops: a screen reader would not get to the end before.
let soon = 0;
function announce(text) {
  clearTimeout(soon);
  soon = setTimeout(() => { $('announce').textContent = text; }, 500);
}

// ---- the address ----

const longest = 8000; // an address that still goes through a chat
// kwargs that were pasted into another field are JSON there too
const looksSecret = (text) => text.includes('://') || /["']\s*:/.test(text);
const isNoID = (line) => looksSecret(line) || /[{}"'=]/.test(line) || (line.includes(':') && !line.startsWith('arn:'));

// withoutKeys is what of the kwargs may be shared: the rules, and none of the keys, tokens and roles beside them. Where that
// would say something else than the kwargs do, it is nothing: the fields are shared in any case.
function withoutKeys(text) {
  let kwargs;
  try { kwargs = JSON.parse(text); } catch { return ''; }
  if (!kwargs || typeof kwargs !== 'object' || Array.isArray(kwargs)) return '';
  const kept = {};
  for (const key of ['connections_prefix', 'connections_lookup_pattern', 'variables_prefix', 'variables_lookup_pattern', 'config_prefix', 'config_lookup_pattern', 'sep']) {
    if (!Object.hasOwn(kwargs, key)) continue;
    const value = kwargs[key];
    if (value !== null && (typeof value !== 'string' || looksSecret(value))) return '';
    kept[key] = value;
  }
  return Object.keys(kept).length ? JSON.stringify(kept) : '';
}

function fragment() {
  const state = new URLSearchParams();
  const put = (key, value, usual) => { if (value !== usual && !looksSecret(value)) state.set(key, value); };
  const kwargs = kwargsRead ? withoutKeys($('kwargs').value) : '';
  state.set('kind', kind);
  put('pattern', $('pattern').value, '');
  put('prefix', $('prefix').value, prefixOf(kind));
  put('sep', $('sep').value, '/');
  put('team', $('team').value, '');
  if ($('never').checked) state.set('never', '1');
  if ($('multiTeam').checked) state.set('multi_team', '1');
  put('lookups', $('lookups').value, '2880');
  put('per', $('per').value, 'day');
  if (kwargs) {
    state.set('kwargs', kwargs);
    if (fromKwargs) state.set('from', 'kwargs');
  }
  state.set('ids', $('ids').value.split('\n').filter((line) => !isNoID(line)).join('\n'));
  const short = state.toString().length > longest;
  if (short) state.delete('ids');
  $('short').hidden = !short;
  return '#' + state;
}

let keeping = 0;
function keep() {
  clearTimeout(keeping);
  keeping = setTimeout(() => {
    try { history.replaceState(null, '', fragment()); } catch { /* a browser may refuse many in a row; the next one will do */ }
  }, 200);
}

// load reads the fields from the address. It may come from anybody: what it does not understand it passes over.
function load() {
  const hash = location.hash.slice(1);
  const state = new URLSearchParams(hash.length > 1 && hash.length < 100_000 ? hash : '');
  if (![...state.keys()].some((key) => ['kind', 'pattern', 'ids', 'kwargs'].includes(key))) {
    for (const [key, value] of Object.entries(start)) state.set(key, value);
  }
  kind = ['connection', 'variable', 'config'].find((k) => k === state.get('kind')) || 'connection';
  form.querySelector(`[name=kind][value=${kind}]`).checked = true;
  const get = (key, usual) => state.get(key) ?? usual;
  $('pattern').value = get('pattern', '');
  $('prefix').value = get('prefix', prefixOf(kind));
  $('sep').value = get('sep', '/');
  $('team').value = get('team', '');
  $('never').checked = state.has('never');
  $('multiTeam').checked = state.has('multi_team');
  const lookups = Number(get('lookups', '2880'));
  $('lookups').value = Number.isFinite(lookups) ? lookups : '2880';
  $('per').value = ['hour', 'day', 'month'].find((per) => per === state.get('per')) || 'day';
  $('kwargs').value = get('kwargs', '');
  $('ids').value = get('ids', '');
  if ($('kwargs').value) $('pasted').open = true;
  fromKwargs = Boolean(get('kwargs', '')) && state.get('from') === 'kwargs';
  grow();
  changed();
}

// ---- the fields ----

// grow makes the field as high as the pattern in it.
function grow() {
  const pattern = $('pattern');
  pattern.style.height = 'auto';
  pattern.style.height = `${pattern.scrollHeight + pattern.offsetHeight - pattern.clientHeight}px`;
}

form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', (event) => {
  switch (event.target.name) {
    case 'pattern': case 'prefix': case 'never': case 'sep':
      fromKwargs = false;
      break;
    case 'kwargs':
      fromKwargs = Boolean(event.target.value.trim());
      break;
    case 'kind':
      if ($('prefix').value === prefixOf(kind)) $('prefix').value = prefixOf(event.target.value);
      kind = event.target.value;
  }
  grow();
  changed();
});

// A pattern is one line. A line break in one that was pasted stays, as it would in Airflow.
$('pattern').addEventListener('beforeinput', (event) => {
  if (event.inputType === 'insertLineBreak') event.preventDefault();
});

for (const chip of form.querySelectorAll('[data-pattern]')) {
  chip.addEventListener('click', () => {
    $('pattern').value = chip.dataset.pattern;
    fromKwargs = false;
    grow();
    changed();
  });
}

$('reread').addEventListener('click', () => {
  fromKwargs = true;
  $('kwargs').focus();
  changed();
});

$('skip').addEventListener('click', (event) => {
  event.preventDefault(); // the address is taken
  $('results').focus();
});

function copies(button, text, shown) {
  const label = button.textContent;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
      announce('Copied.');
    } catch {
      if (shown) getSelection().selectAllChildren(shown); // to be copied by hand
      button.textContent = 'Not allowed';
      announce('The browser does not allow it.');
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}
copies($('copyPaste'), () => $('paste').textContent, $('paste'));
copies($('copyLink'), () => location.href.split('#')[0] + fragment());

addEventListener('hashchange', load);
addEventListener('resize', grow);
$('names').open = $('pasted').open = matchMedia('(min-width: 801px)').matches; // a phone has no room for both
load();

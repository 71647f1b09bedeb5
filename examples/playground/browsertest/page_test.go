package browsertest

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPlayground runs everything in one browser, and ends with a look at every connection that
// the browser made.
func TestPlayground(t *testing.T) {
	b := startBrowser(t)
	home, stop := startPlayground(t)
	for name, test := range map[string]func(*testing.T, *browser, string){
		"slip":     testSlip,
		"place":    testPlace,
		"kwargs":   testKwargs,
		"stray":    testStray,
		"lookups":  testLookups,
		"address":  testAddress,
		"keyboard": testKeyboard,
		"read out": testReadOut,
		"looks":    testLooks,
		"many":     testMany,
		"find":     testFind,
		"refused":  testRefused,
		"merge":    testMerge,
		"policy":   testPolicy,
		"budget":   testBudget,
		"copy":     testCopy,
	} {
		t.Run(name, func(t *testing.T) { test(t, b, home) })
	}
	t.Run("gone", func(t *testing.T) { testGone(t, b, home, stop) })
	b.quit()
	connections := b.connections(t)
	require.NotEmpty(t, connections)
	for _, address := range connections {
		assert.Equal(t, strings.TrimPrefix(home, "http://"), address, "the browser connected to somewhere else")
	}
}

// testSlip types the widespread pattern that skips nothing.
func testSlip(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	assert.Contains(t, p.text("verdict"), "5 of 6 ids reach AWS, 1 skipped")
	assert.Regexp(t, `(?s)skipped\s+aws_default\s+the lookup pattern does not match`, p.text("rows"))
	assert.Contains(t, p.text("findings"), "Nothing found")

	p.write("pattern", `^(?!aws-default).*`)
	assert.Contains(t, p.text("findings"), "hyphen: the pattern does not skip aws_default, which is how Airflow spells it")
	assert.Contains(t, p.text("findings"), "Write aws_default")
	assert.Regexp(t, `(?s)asked\s+aws_default\s+airflow/connections/aws_default`, p.text("rows"))
	assert.Contains(t, p.text("verdict"), "All 6 ids reach AWS")
	assert.Equal(t, `{"connections_lookup_pattern": "^(?!aws-default).*"}`, p.text("paste"))
	// 6 ids, 2,880 times a day, 30 days, 5 cents for 10,000
	assert.Regexp(t, `This pattern\s+6\s+518,400\s+\$2\.59`, p.text("costs"))

	p.write("team", "red") // a second name for each id, where the first is not there
	assert.Contains(t, p.text("verdict"), "At most $5.18 a month")
	p.click("#verdict button")
	assert.Equal(t, "findingsCard", eval[string](p, `document.activeElement.id`))
	p.quiet(home)
}

// testPlace types patterns that do not compile.
func testPlace(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	for _, test := range []struct{ pattern, before, mark, what string }{
		{`^(?!aws_default$.*`, "^", "(", "missing ), unterminated subpattern, at character 2. Python’s re.error says position 1"},
		{`^(a|*b)`, "^(a|", "*", "nothing to repeat, at character 5"},
		{`😀é[b`, "😀é", "[", "unterminated character set, at character 3. Python’s re.error says position 2"}, // not 3, as UTF-16 counts
		{`a(?P<1>b)`, "a(?P<", "1", "at character 6"},
	} {
		p.write("pattern", test.pattern)
		assert.Equal(t, test.before, p.text("before"), test.pattern)
		assert.Equal(t, test.mark, p.text("mark"), test.pattern)
		assert.Contains(t, p.text("patternWhat"), test.what, test.pattern)
		assert.Equal(t, test.pattern, p.text("before")+p.text("mark")+p.text("after"))
		assert.Equal(t, "true", eval[string](p, `document.getElementById('pattern').getAttribute('aria-invalid')`))
		assert.Contains(t, p.text("rows"), "the pattern does not compile, so the lookup fails")
		assert.Equal(t, `"^"`, eval[string](p, `getComputedStyle(document.getElementById('mark'), '::after').content`), "the caret")
	}
	p.paste("pattern", "\u202eabc(def")
	assert.True(t, eval[bool](p, `['before', 'mark', 'after'].map(id => document.getElementById(id).getBoundingClientRect().left).every((left, i, all) => !i || left > all[i - 1])`),
		"the place stands between what is before it and what is after it")
	p.click("#never")
	p.answered()
	assert.Contains(t, p.text("verdict"), "Airflow raises an error for 0 of 6 ids, and skips the others before it gets to the pattern.")
	p.click("#never")
	p.write("pattern", `a\`)
	assert.Contains(t, p.text("verdict"), "Airflow raises an error for every lookup.")
	assert.Equal(t, `\`, p.text("mark"))
	p.picture("wide-light-place")
	p.write("pattern", `^pg`)
	assert.False(t, eval[bool](p, `document.getElementById('patternError').checkVisibility()`))
	p.quiet(home)
}

const kwargs = `{"connections_prefix": "prod/conns", "connections_lookup_pattern": "^(?!aws_default$).*$", "variables_prefix": null,
 "variable_lookup_pattern": "x", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "hunter2", "role_arn": "arn:aws:iam::1:role/r"}`

// testKwargs pastes backend_kwargs that hold keys.
func testKwargs(t *testing.T, b *browser, home string) {
	p := b.open(t, home+"/#kind=connection&pattern=%5Epg", 1280, 900, "light")
	p.paste("kwargs", kwargs)
	assert.Equal(t, `^(?!aws_default$).*$`, eval[string](p, `document.getElementById('pattern').value`))
	assert.Equal(t, `prod/conns`, eval[string](p, `document.getElementById('prefix').value`))
	assert.Contains(t, p.text("kwargsNotes"), "variables_lookup_pattern", "what the misspelt one should be")
	p.paste("ids", "aws_default\npg\nmysql")
	assert.Regexp(t, `(?s)asked\s+pg\s+prod/conns/pg`, p.text("rows"))

	p.write("pattern", `^pg$`)
	assert.Regexp(t, `(?s)No pattern\s+3 .*In the kwargs\s+2 .*This pattern\s+1 `, strings.ReplaceAll(p.text("costs"), "\t", " "))
	p.click(`#reread`)
	p.answered()
	assert.Equal(t, `^(?!aws_default$).*$`, eval[string](p, `document.getElementById('pattern').value`))

	p.click(`[value=variable]`)
	p.answered()
	assert.Contains(t, p.text("verdict"), "0 of 3 ids reach AWS, 3 skipped")
	assert.Contains(t, p.text("rows"), "the prefix is null")

	p.until(`location.hash.startsWith('#kind=variable') && location.hash.includes('kwargs=')`)
	address, err := url.QueryUnescape(eval[string](p, `location.href`))
	require.NoError(t, err)
	assert.Contains(t, address, "prod/conns")
	for _, private := range []string{"hunter2", "AKIDEXAMPLE", "aws_secret_access_key", "role_arn", "iam"} {
		assert.NotContains(t, address, private)
	}
	assert.NotContains(t, p.text("results"), "hunter2")
	p.quiet(home)
}

// testMerge pastes kwargs and changes the pattern: the rest of the kwargs stays, and what may be
// secret is copied but not shown again.
func testMerge(t *testing.T, b *browser, home string) {
	p := b.open(t, home+"/#kind=connection&pattern=%5Epg", 1280, 900, "light")
	allowClipboard(p, home)
	p.paste("kwargs", kwargs)
	p.write("pattern", "^pg$")
	shown := p.text("paste")
	assert.Contains(t, shown, `"connections_lookup_pattern": "^pg$"`)
	assert.Contains(t, shown, `"role_arn": "arn:aws:iam::1:role/r"`)
	assert.Contains(t, shown, `"variables_prefix": null`)
	assert.Contains(t, shown, `"aws_secret_access_key": "•••"`)
	assert.NotContains(t, shown, "hunter2")
	assert.Contains(t, p.text("pasteHint"), "Copy includes them")
	p.click("#copyPaste")
	p.until(`document.getElementById('copyPaste').innerText === 'Copied'`)
	copied := eval[string](p, `navigator.clipboard.readText()`)
	assert.JSONEq(t, strings.ReplaceAll(kwargs, `^(?!aws_default$).*$`, "^pg$"), copied)

	p.paste("kwargs", `{"region_name": "eu-west-1"`)
	assert.NotContains(t, p.text("paste"), "eu-west-1")
	assert.Contains(t, p.text("pasteHint"), "cannot be read, and are not merged")
	p.quiet(home)
}

// testStray pastes kwargs into the wrong fields, and some that Airflow would refuse.
func testStray(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	for n, stray := range []string{
		"{\n \"role_arn\": \"hunter2\",\n \"aws_secret_access_key\": \"hunter2\"\n}",
		"{'aws_secret_access_key': 'hunter2'}",
		"aws_secret_access_key: hunter2\naws_secret_access_key=hunter2",
	} {
		p.paste("ids", stray)
		if n < 2 { // of the others only the ids have no use for the sign
			p.paste("pattern", stray)
			p.paste("prefix", stray)
			p.paste("team", stray)
		} else {
			p.paste("pattern", "^pg")
		}
		p.write("lookups", strconv.Itoa(n+1))
		p.until(`location.hash.includes('lookups=` + strconv.Itoa(n+1) + `')`)
		assert.NotContains(t, eval[string](p, `location.href`), "hunter2")
	}

	p = b.open(t, home+"/#kind=connection&pattern=%5Epg&ids=pg%0Amysql%0Amy", 1280, 900, "light")
	for n, refused := range []string{
		`{"connections_prefix": 5, "connections_lookup_pattern": "^my"}`,
		`{"sep": "/", "region_name": 5, "connections_lookup_pattern": "^my"}`,
	} {
		p.paste("kwargs", refused)
		p.write("lookups", strconv.Itoa(n+1))
		p.until(`location.hash.includes('lookups=` + strconv.Itoa(n+1) + `')`)
		before := p.text("verdict")
		second := b.open(t, eval[string](p, `location.href`), 1280, 900, "light")
		assert.Equal(t, before, second.text("verdict"), "the address says something else than the page: %s", refused)
	}
	p.quiet(home)
}

// testLookups types unusual numbers.
func testLookups(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	p.write("lookups", "5000000000")
	assert.Contains(t, p.text("verdict"), "lookups must be a number from 0 to a billion", "no price for another number than the one in the field")
	p.write("lookups", "1e3")
	assert.Regexp(t, `No pattern\s+6\s+180,000\s+\$0\.90`, p.text("costs"))
	p.until(`location.hash.includes('lookups=1e3')`)
	p.do(chromedp.Reload())
	p.answered()
	assert.Regexp(t, `No pattern\s+6\s+180,000\s+\$0\.90`, p.text("costs"), "after a reload")
}

// testAddress reloads the page, opens its address in another tab, and tries broken addresses.
func testAddress(t *testing.T, b *browser, home string) {
	state := `[...document.querySelectorAll('textarea, input, select')].map(e => e.name + '=' + (e.type === 'radio' || e.type === 'checkbox' ? e.checked : e.value)).join('\n')`
	p := b.open(t, home, 1280, 900, "light")
	p.click(`[value=variable]`)
	p.write("pattern", `^(?!a&b=c#%41+😀).*`)
	p.paste("ids", "one\ntwo--x\npostgres://app:hunter2@db/x")
	p.write("prefix", "")
	p.write("sep", "::")
	p.write("team", "red")
	p.click(`#multiTeam`)
	p.write("lookups", "7")
	assert.Contains(t, p.text("rows"), "[redacted, not an id]")
	p.until(`location.hash.includes('lookups=7')`)
	assert.NotContains(t, eval[string](p, `location.href`), "hunter2")
	p.paste("ids", "one\ntwo--x")
	p.until(`new URLSearchParams(location.hash.slice(1)).get('ids') === 'one\ntwo--x'`)

	before, address := eval[string](p, state), eval[string](p, `location.href`)
	p.do(chromedp.Reload())
	p.answered()
	assert.Equal(t, before, eval[string](p, state), "after a reload")
	second := b.open(t, address, 360, 800, "dark")
	assert.Equal(t, before, eval[string](second, state), "in another tab")
	assert.Equal(t, p.text("rows"), second.text("rows"))
	second.fits()

	for _, fragment := range []string{"#%%%", "#kind=x&per=never&lookups=many", "#=&&&==", "#pattern=%ff&ids=%0a%0a", "#" + strings.Repeat("x", 5000), "#kwargs={", "#results"} {
		eval[string](p, `location.hash = '`+fragment+`'`)
		p.until(`location.hash === '` + fragment + `' || location.hash.startsWith('#kind=')`)
		p.answered()
		assert.NotEmpty(t, p.text("verdict"), fragment)
		assert.False(t, eval[bool](p, `document.getElementById('results').classList.contains('old')`), fragment)
	}
	p.paste("ids", strings.Repeat("a_rather_long_connection_id_\n", 10)+strings.Repeat("x", 9000))
	p.until(`!document.getElementById('short').hidden`)
	assert.Less(t, len(eval[string](p, `location.href`)), 9000)
	p.quiet(home)
	second.quiet(home)
}

// testKeyboard uses no mouse.
func testKeyboard(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	focused := `document.activeElement.id || document.activeElement.value || document.activeElement.textContent`
	var order []string
	for range 40 {
		p.press(kb.Tab)
		at := eval[string](p, focused)
		if len(order) > 0 && at == order[0] {
			break
		}
		order = append(order, strings.Join(strings.Fields(at), " "))
	}
	assert.Equal(t, []string{"skip", "copyLink", "connection", "pattern", "MWAA’s own", "The usual slip", "Deny list", "Allow list", "A mistake",
		"Ids 6", "ids", "backend_kwargs JSON, optional", "kwargs", "Names airflow/connections/", "prefix", "sep", "team", "never", "multiTeam",
		"Lookups of each id 2,880 a day", "lookups", "per", "All 6", "Asked 5", "Skipped 1", "find", "sort", "copyPaste", "paste"}, order[:min(len(order), 29)])

	p.do(chromedp.Reload())
	p.answered()
	p.press(kb.Tab)
	assert.True(t, eval[bool](p, `document.getElementById('skip').getBoundingClientRect().top >= 0`), "the skip link shows when it has the focus")
	p.until(`location.hash.startsWith('#kind=')`)
	p.press("\r")
	assert.Equal(t, "results", eval[string](p, `document.activeElement.id`))
	assert.True(t, eval[bool](p, `location.hash.startsWith('#kind=')`), "the address keeps the state")

	p.do(chromedp.Focus(chromedp.CSS("#pattern")))
	assert.NotEqual(t, "none", eval[string](p, `getComputedStyle(document.activeElement).outlineStyle`), "a ring around the focus")
	p.press("\r")
	assert.NotContains(t, eval[string](p, `document.getElementById('pattern').value`), "\n")
	p.press(kb.Tab + kb.Tab + " ") // The usual slip
	p.answered()
	assert.Equal(t, `^(?!aws-default).*`, eval[string](p, `document.getElementById('pattern').value`))
	p.until(`document.getElementById('announce').textContent.startsWith('All 6 ids reach AWS')`)
	assert.Equal(t, "status", eval[string](p, `document.getElementById('announce').role`))

	p.do(chromedp.Focus(chromedp.CSS("[value=connection]")))
	p.press(kb.ArrowRight)
	p.answered()
	assert.Contains(t, p.text("rows"), "airflow/variables/smtp_default")
	assert.Equal(t, "variables_lookup_pattern", p.text("patternKey"))

	// Each field has a name that can be read out.
	assert.Empty(t, eval[[]string](p, `[...document.querySelectorAll('textarea, input, select')].filter(e => !e.labels.length && !e.ariaLabel).map(e => e.id)`))
	p.quiet(home)
}

// testReadOut checks what a screen reader says about the fields. An error that was fixed must be
// gone.
func testReadOut(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	assert.Empty(t, p.description("Team that asks"))
	p.write("pattern", "(a")
	assert.Contains(t, p.description("Lookup pattern"), "missing ), unterminated subpattern")
	p.write("pattern", "a")
	assert.Contains(t, p.description("Lookup pattern"), "re.match")
	assert.NotContains(t, p.description("Lookup pattern"), "missing )")
	p.click(`[value=config]`)
	p.answered()
	assert.Contains(t, p.description("Team that asks"), "do not have teams")
	p.quiet(home)
}

// testPolicy does what an injected script would do.
func testPolicy(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	p.paste("ids", `<img src=x onerror=alert(1)>`)
	p.paste("kwargs", `{"<img src=x onerror=alert(2)>": 1}`)
	assert.Equal(t, 0, eval[int](p, `document.querySelectorAll('main img').length`), "text stays text")
	p.quiet(home)

	assert.Equal(t, "refused", eval[string](p, `fetch('http://127.0.0.1:1/x').then(() => 'sent', () => 'refused')`))
	assert.Equal(t, "connect-src", eval[string](p, `new Promise(done => { addEventListener('securitypolicyviolation', e => done(e.effectiveDirective)); fetch('https://example.com/').catch(() => {}); })`))
	assert.Equal(t, "TypeError", eval[string](p, `(() => { try { document.body.innerHTML = 'x'; return 'markup'; } catch (e) { return e.name; } })()`))
}

// testGone types a pattern that is too long, and goes on typing after the program has stopped.
func testGone(t *testing.T, b *browser, home string, stop func()) {
	p := b.open(t, home, 1280, 900, "light")
	p.paste("pattern", strings.Repeat("x", 70_000))
	assert.Contains(t, p.text("verdict"), "the pattern is longer than 65536 bytes")
	p.paste("pattern", "^pg")
	assert.Contains(t, p.text("verdict"), "0 of 6 ids reach AWS")
	p.write("pattern", "^(aws")
	stop()
	p.write("pattern", "^aws")
	assert.Contains(t, p.text("verdict"), "The playground does not answer")
	assert.False(t, eval[bool](p, `document.getElementById('patternError').checkVisibility()`), "what was wrong with an earlier pattern")
	p.until(`document.getElementById('announce').textContent.startsWith('The playground does not answer')`)
}

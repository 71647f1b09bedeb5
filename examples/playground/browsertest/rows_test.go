package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// testFind finds the one skipped id among 5,000 in two actions, and pages through the others.
func testFind(t *testing.T, b *browser, home string) {
	for name, window := range map[string]struct{ width, height int64 }{"wide": {1280, 900}, "narrow": {390, 844}} {
		p := b.open(t, home, window.width, window.height, "light")
		eval[bool](p, `(() => { const e = document.getElementById('ids');
			e.value = Array.from({ length: 5000 }, (_, i) => i === 3210 ? 'aws_default' : i === 4000 ? 'has space' : 'id_' + i).join('\n');
			return e.dispatchEvent(new Event('input', { bubbles: true })); })()`)
		p.answered()
		assert.Contains(t, p.text("verdict"), "4,999 of 5,000 ids reach AWS, 1 skipped")
		assert.Contains(t, p.text("verdict"), "AWS refuses the name of 1 id.")
		assert.NotContains(t, p.text("rows"), "aws_default")
		assert.Equal(t, 25, eval[int](p, `document.querySelectorAll('#rows li').length`))

		p.click(`[data-show=skipped]`) // the first action; the second would be to look
		p.answered()
		assert.Regexp(t, `^skipped\s+aws_default\s+the lookup pattern does not match the id$`, strings.TrimSpace(p.text("rows")))
		assert.True(t, eval[bool](p, `(() => { const at = document.querySelector('#rows li').getBoundingClientRect(); return at.top >= 0 && at.bottom <= innerHeight; })()`), "it is on the screen")
		p.fits()
		p.picture(name + "-light-found")

		p.click(`[data-show=""]`)
		p.answered()
		p.write("find", "AWS_def")
		assert.Regexp(t, `^skipped\s+aws_default`, strings.TrimSpace(p.text("rows")))
		p.write("find", "id_49")
		assert.Equal(t, "1–25 of 111", p.text("range"))
		p.click("#nextPage")
		p.answered()
		assert.Equal(t, "26–50 of 111", p.text("range"))
		p.click("#lastPage")
		p.answered()
		assert.Equal(t, "101–111 of 111", p.text("range"))
		assert.Equal(t, "true", eval[string](p, `document.getElementById('nextPage').getAttribute('aria-disabled')`))
		assert.Equal(t, "lastPage", eval[string](p, `document.activeElement.id`), "the button keeps the focus")
		p.write("find", "")
		assert.Equal(t, "1–25 of 5,000", p.text("range"))

		for order, first := range map[string]string{"skipped": "aws_default", "noted": "has space", "name": "aws_default", "": "id_0"} {
			eval[bool](p, `(() => { const e = document.getElementById('sort'); e.value = '`+order+`'; return e.dispatchEvent(new Event('input', { bubbles: true })); })()`)
			p.answered()
			assert.Equal(t, first, eval[string](p, `document.querySelector('#rows .id').textContent`), order)
		}
		p.quiet(home)
	}
}

// testRefused has an id whose name AWS refuses: it does not look like one that is found.
func testRefused(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	p.paste("ids", "pg\nhas space")
	assert.Regexp(t, `(?s)asked\s+pg.*refused\s+has space\s+airflow/connections/has space: AWS refuses ' ' in a name`, p.text("rows"))
	color := func(state string) string {
		return eval[string](p, `getComputedStyle(document.querySelector('#rows .`+state+` .tag')).backgroundColor`)
	}
	assert.NotEqual(t, color("asked"), color("refused"))
	p.paste("prefix", "prod:conns")
	assert.Contains(t, p.text("verdict"), "AWS refuses the names of 2 ids.")
	assert.False(t, eval[bool](p, `Boolean(document.querySelector('#rows .asked'))`))
	p.quiet(home)
}

// testBudget types a pattern that Python would not finish.
func testBudget(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	p.paste("ids", "pg\n"+strings.Repeat("a", 60)+"\n"+strings.Repeat("a", 61)+"\n"+strings.Repeat("a", 62)+"\nlast")
	p.paste("pattern", `(a+)+\1?b`)
	assert.Contains(t, p.text("verdict"), "The pattern takes too many steps.")
	assert.Contains(t, p.text("verdict"), "1 id was not tried.")
	assert.Regexp(t, `(?s)skipped\s+pg.*fails\s+a{60}\s+the pattern takes too many steps on this id`, p.text("rows"))
	assert.Regexp(t, `This pattern\s+\?\s+\?`, p.text("costs"))
	p.fits()
	p.picture("wide-light-budget")
	p.quiet(home)
}

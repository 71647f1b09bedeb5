package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// testLooks checks the layout and the contrast on wide and narrow windows, light and dark.
func testLooks(t *testing.T, b *browser, home string) {
	for _, window := range []struct {
		name          string
		width, height int64
	}{{"wide", 1280, 900}, {"narrow", 390, 844}, {"narrower", 360, 800}} {
		for _, scheme := range []string{"light", "dark"} {
			name := window.name + "-" + scheme
			t.Run(name, func(t *testing.T) {
				p := b.open(t, home, window.width, window.height, scheme)
				p.fits()
				assert.Empty(t, eval[[]string](p, faint))
				p.picture(name)
				assert.True(t, eval[bool](p, `['#verdict', '#rows li:first-child'].every(s => document.querySelector(s).getBoundingClientRect().bottom < innerHeight)`),
					"the verdict and the first result are on the first screen")

				p.write("pattern", `^(?!aws-default).*`)
				p.fits()
				assert.Empty(t, eval[[]string](p, faint))
				p.picture(name + "-slip")

				p.write("pattern", `^(?!(aws_default$).*$`)
				eval[bool](p, `document.getElementById('pasted').open = true`)
				p.paste("kwargs", `{"connection_prefix": "x", "sep": 5}`)
				p.fits()
				assert.Empty(t, eval[[]string](p, faint))
				p.picture(name + "-mistake")

				p.paste("kwargs", kwargs)
				eval[bool](p, `document.getElementById('names').open = document.getElementById('idsBox').open = true`)
				p.write("team", "red")
				p.paste("ids", "pg\npostgres://app:hunter2@db/x\nred--pg\nan-"+strings.Repeat("endless", 20)+"\nid with space")
				p.paste("pattern", "^(?!"+strings.Repeat("endless", 30)+").*")
				p.fits()
				assert.Empty(t, eval[[]string](p, faint))
				p.picture(name + "-much")
				p.quiet(home)
			})
		}
	}
}

// testMany shows the longest numbers on the narrowest window, which is also a wide one at 400%.
func testMany(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 320, 700, "light")
	eval[bool](p, `(() => { const e = document.getElementById('ids'); e.value = Array.from({ length: 5000 }, (_, i) => 'id_' + i).join('\n');
		return e.dispatchEvent(new Event('input', { bubbles: true })); })()`)
	p.answered()
	assert.Contains(t, p.text("costs"), "432,000,000")
	p.fits()
	p.picture("narrowest-many")
	eval[bool](p, `document.getElementById('frequency').open = true`)
	p.write("lookups", "1000000000")
	p.fits()
	p.quiet(home)
}

// faint lists the text whose contrast is less than 4.5 to 1, the minimum of WCAG.
const faint = `(() => {
	const rgb = (color) => color.match(/[\d.]+/g).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
	const found = new Set();
	for (const e of document.querySelectorAll('body *')) {
		const text = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || 'value' in e;
		if (!text || !e.checkVisibility() || e.disabled) continue;
		const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) found.add(e.tagName + '#' + e.id + '.' + e.className + ' ' + ratio.toFixed(2));
	}
	return [...found];
})()`

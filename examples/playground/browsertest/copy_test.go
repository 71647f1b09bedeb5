package browsertest

import (
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func allowClipboard(p *tab, home string) {
	p.t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(p, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
			Permission:       &cdpbrowser.PermissionDescriptor{Name: name},
			Setting:          cdpbrowser.PermissionSettingGranted,
			Origin:           home,
			BrowserContextID: chromedp.FromContext(p).BrowserContextID,
		})
		require.NoError(p.t, err)
	}
}

// testCopy presses the buttons that copy.
func testCopy(t *testing.T, b *browser, home string) {
	p := b.open(t, home, 1280, 900, "light")
	allowClipboard(p, home)
	p.write("pattern", `^(?!"\d")`)
	copied := func(button string) string { // what the button says, which it does for a moment only
		eval[bool](p, `(() => { const e = document.getElementById('`+button+`'); globalThis.said = new Promise(done => new MutationObserver(() => done(e.innerText)).observe(e, { childList: true })); return true; })()`)
		p.click("#" + button)
		return eval[string](p, `said`)
	}
	assert.Equal(t, "Copied", copied("copyPaste"))
	assert.Equal(t, `{"connections_lookup_pattern": "^(?!\"\\d\")"}`, eval[string](p, `navigator.clipboard.readText()`))
	assert.Equal(t, "Copied", copied("copyLink"))
	link := eval[string](p, `navigator.clipboard.readText()`)
	assert.Contains(t, link, "#kind=connection&pattern=%5E%28%3F%21%22%5Cd%22%29&ids=aws_default%0A")
	p.until(`location.hash.includes('pattern=%5E%28%3F%21%22%5Cd%22%29&')`) // a while ago it had what was typed until then
	assert.Equal(t, eval[string](p, `location.href`), link)
	p.quiet(home)
}

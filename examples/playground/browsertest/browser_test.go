package browsertest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startPlayground builds the program and starts it. It returns its URL and a function that
// stops it.
func startPlayground(t *testing.T) (url string, stop func()) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "playground.exe") // Windows needs the extension
	out, err := exec.Command("go", "build", "-C", "..", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	cmd := exec.Command(program, "-addr", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(stop)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, "no URL")
	url = strings.TrimSpace(line)
	require.Regexp(t, `^http://127\.0\.0\.1:\d+$`, url)
	return url, stop
}

// findChromium returns the path of a browser, or ends the test.
func findChromium(t *testing.T) string {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}
	if own := os.Getenv("CHROMIUM"); own != "" {
		names = []string{own}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	why := "no Chromium: looked for " + strings.Join(names, ", ") + "; on Debian, apt-get install chromium; or set CHROMIUM"
	if os.Getenv("PLAYGROUND_BROWSER") == "required" {
		t.Fatal(why)
	}
	t.Skip(why)
	return ""
}

// A browser is a Chromium that resolves no names and logs each connection it makes.
type browser struct {
	context.Context
	quit   func()
	netLog string
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{netLog: filepath.Join(t.TempDir(), "net.json")}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(findChromium(t)),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
		chromedp.Flag("log-net-log", b.netLog),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("font-render-hinting", "none"),
		chromedp.WSURLReadTimeout(60*time.Second),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // root cannot have one
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx), "start the browser")
	b.Context = ctx
	b.quit = func() { assert.NoError(t, chromedp.Cancel(ctx)) }
	return b
}

// connections returns every address that the browser has connected to since it started,
// whatever for. The browser must have quit.
func (b *browser) connections(t *testing.T) []string {
	t.Helper()
	file, err := os.Open(b.netLog)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	var constants struct {
		Constants struct {
			LogEventTypes map[string]int `json:"logEventTypes"`
		} `json:"constants"`
	}
	var addresses []string
	lines := bufio.NewScanner(file) // constants on the first line, then an event on each
	lines.Buffer(nil, 64<<20)
	for first := true; lines.Scan(); first = false {
		if first {
			require.NoError(t, json.Unmarshal([]byte(strings.TrimSuffix(lines.Text(), ",")+"}"), &constants))
			require.Contains(t, constants.Constants.LogEventTypes, "TCP_CONNECT_ATTEMPT")
			continue
		}
		var event struct {
			Type   int `json:"type"`
			Params struct {
				Address string `json:"address"`
			} `json:"params"`
		}
		if json.Unmarshal([]byte(strings.TrimSuffix(lines.Text(), ",")), &event) != nil {
			continue // a line that begins or ends a list
		}
		if event.Type == constants.Constants.LogEventTypes["TCP_CONNECT_ATTEMPT"] && event.Params.Address != "" {
			addresses = append(addresses, event.Params.Address)
		}
	}
	require.NoError(t, lines.Err())
	return addresses
}

// A tab shows the playground, and records its requests and complaints.
type tab struct {
	context.Context
	t *testing.T

	mu         sync.Mutex
	requests   []string
	complaints []string
}

// open opens a tab of the given size and waits for the first answer.
func (b *browser) open(t *testing.T, url string, width, height int64, scheme string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &tab{Context: ctx, t: t}
	require.NoError(t, chromedp.Listen(ctx, p.note))
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, runtime.Enable, cdp.Empty{})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	p.do(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(1)), chromedp.Navigate(url))
	p.answered()
	return p
}

func (p *tab) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.Method+" "+e.Request.URL)
	case *network.EventWebSocketCreated:
		p.requests = append(p.requests, "WebSocket "+e.URL)
	case *log.EventEntryAdded:
		p.complaints = append(p.complaints, fmt.Sprint(e.Entry.Source, " ", e.Entry.Level, ": ", e.Entry.Text))
	case *runtime.EventConsoleAPICalled:
		p.complaints = append(p.complaints, "console."+e.Type.String())
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, "exception: "+e.ExceptionDetails.Text)
	}
}

// patience is how long a step may take on a busy machine.
const patience = 2 * time.Minute

// call runs a command that chromedp has no action for.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p, patience)
	defer cancel()
	_, err := chromedp.Call(ctx, command, params)
	require.NoError(p.t, err)
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, steps...))
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// answered waits until the page shows the answer to what is in its fields.
func (p *tab) answered() {
	p.t.Helper()
	p.until(`document.getElementById('results')?.getAttribute('aria-busy') === 'false'`)
}

// until waits for something to become true.
func (p *tab) until(condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](condition, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience)))
	require.NoError(p.t, err, condition)
}

// eval returns the value of an expression in the page. It awaits promises.
func eval[T any](p *tab, expr string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expr, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, expr)
	return value
}

// text is what a person sees of an element.
func (p *tab) text(id string) string {
	p.t.Helper()
	return eval[string](p, `document.getElementById('`+id+`').innerText`)
}

// description returns the description of a text field in the accessibility tree.
func (p *tab) description(name string) string {
	p.t.Helper()
	tree, err := chromedp.Call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	require.NoError(p.t, err)
	for _, node := range tree.Nodes {
		if node.Name == nil || string(node.Name.Value) != strconv.Quote(name) || node.Role == nil || string(node.Role.Value) != `"textbox"` {
			continue
		}
		if node.Description == nil {
			return ""
		}
		return string(node.Description.Value)
	}
	require.Fail(p.t, "no text field "+name)
	return ""
}

// press presses keys, one after the other.
func (p *tab) press(keys string, modifiers ...chromedp.Modifier) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// write replaces the text of a field by pressing keys.
func (p *tab) write(id, text string) {
	p.t.Helper()
	p.click("#" + id)
	p.press("a", chromedp.ModifierCtrl)
	p.press("\b")
	p.press(text)
	require.Equal(p.t, text, eval[string](p, `document.getElementById('`+id+`').value`))
	p.answered()
}

// paste replaces the text of a field at once.
func (p *tab) paste(id, text string) {
	p.t.Helper()
	eval[bool](p, `(() => { const e = document.getElementById('`+id+`'); e.focus(); e.select(); return true; })()`)
	call(p, input.InsertText, input.InsertTextParams{Text: text})
	p.answered()
}

// quiet checks that the page sent requests to its own server only, and that the browser did
// not complain.
func (p *tab) quiet(url string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.NotEmpty(p.t, p.requests)
	for _, request := range p.requests {
		_, asked, _ := strings.Cut(request, " ")
		assert.True(p.t, strings.HasPrefix(asked, url+"/"), "a request to somewhere else: %s", request)
	}
	assert.Empty(p.t, p.complaints)
}

// fits checks that the page does not scroll sideways.
func (p *tab) fits() {
	p.t.Helper()
	assert.LessOrEqual(p.t, eval[int](p, `document.documentElement.scrollWidth`), eval[int](p, `innerWidth`), "it scrolls sideways")
}

// picture writes a picture of the whole page if PLAYGROUND_SCREENSHOTS is set.
func (p *tab) picture(name string) {
	p.t.Helper()
	dir := os.Getenv("PLAYGROUND_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p, chromedp.FullScreenshot(100))
	require.NoError(p.t, err)
	require.NoError(p.t, os.MkdirAll(dir, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

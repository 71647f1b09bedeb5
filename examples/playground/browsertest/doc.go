// Package browsertest opens the playground in a real browser, headless, and uses it with
// keys as a person would. It is a module of its own, so that nobody else needs its
// driver; it has tests only.
//
//	go test -C examples/playground/browsertest .
//
// Without a Chromium it skips; PLAYGROUND_BROWSER=required makes that a failure. CHROMIUM
// is the browser to use, where it is not in the PATH by one of its usual names, and
// PLAYGROUND_SCREENSHOTS a folder for pictures of the page.
package browsertest

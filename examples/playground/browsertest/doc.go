// Package browsertest uses the playground in a real, headless browser, with keys as a
// person would. It is a module of its own, so that nobody else downloads its driver. It
// has tests only.
//
//	go test -C examples/playground/browsertest .
//
// It skips if there is no Chromium; with PLAYGROUND_BROWSER=required it fails. CHROMIUM
// names the browser if it is not in the PATH by one of its usual names. Pictures of the
// page are written to the folder PLAYGROUND_SCREENSHOTS.
package browsertest

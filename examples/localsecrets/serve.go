package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/guard"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
)

// startServer starts the server that the command line describes.
func startServer(o options, seeds []secretFile, stderr io.Writer) (*secretsmanagertest.Server, error) {
	requests := &requests{}
	if o.log {
		requests.echo = stderr
		if term.IsTerminal(stderr) {
			requests.width = cli.Width(stderr)
		}
	}
	srv, err := secretsmanagertest.Start(secretsmanagertest.Options{
		Addr:      o.addr,
		Region:    o.region,
		Account:   o.account,
		State:     o.state,
		Secrets:   allSecrets(seeds),
		KeepCalls: -1, // requests keeps what the log shows
		OnAnswer:  requests.add,
		Wrap: func(server http.Handler) http.Handler {
			if o.public {
				return guard.NoBrowser(routes(server, requests, guard.IsAddress), refuse)
			}
			return guard.Loopback(routes(server, requests, guard.IsLoopback), refuse)
		},
	})
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return nil, fmt.Errorf("-addr: %w", err)
	}
	if err != nil {
		return nil, errors.New(strings.Replace(err.Error(), "Options.State", "-state "+o.state, 1))
	}
	return srv, nil
}

// refuse answers in the form of an AWS error, so that an SDK shows the reason.
func refuse(w http.ResponseWriter, why string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
	w.WriteHeader(http.StatusForbidden)
	answer := map[string]string{"__type": "AccessDeniedException", "message": "localsecrets: " + why}
	_ = json.NewEncoder(w).Encode(answer)
}

// routes passes every POST to the server and adds the pages /health and /log. The log is shown
// only if showsLog is true for the Host: browsers send a GET of a page whose DNS was pointed here
// without a header that gives it away.
func routes(server http.Handler, requests *requests, showsLog func(host string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		switch {
		case r.Method == http.MethodPost:
			server.ServeHTTP(w, r)
		case !reads:
			http.Error(w, "AWS SDKs POST their requests; GET has /health and /log", http.StatusMethodNotAllowed)
		case r.URL.Path == "/health":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"status": "ok"}`+"\n")
		case r.URL.Path == "/log" && !showsLog(r.Host):
			refuse(w, "ask for /log by an IP address or localhost")
		case r.URL.Path == "/log":
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, requests.text())
		default:
			http.Error(w, "AWS SDKs POST their requests; GET has /health and /log", http.StatusNotFound)
		}
	})
}

// mostRequests is how many requests the log has.
const mostRequests = 1000

// requests is the log of the latest requests. It holds no credentials, tokens or values.
type requests struct {
	mu    sync.Mutex
	lines []string  // the oldest first
	echo  io.Writer // receives each line too, unless it is nil
	width int       // columns of echo; 0 has no limit
}

// add logs a request and the error code of its answer.
func (r *requests) add(call secretsmanagertest.Call, code string) {
	line := time.Now().Format("15:04:05.000 ") + requestLine(call, code) + "\n"
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == mostRequests {
		copy(r.lines, r.lines[1:])
		r.lines = r.lines[:mostRequests-1]
	}
	r.lines = append(r.lines, line)
	if r.echo == nil {
		return
	}
	if r.width > 0 {
		line = cli.Fit(line, r.width, "  ") + "\n"
	}
	_, _ = io.WriteString(r.echo, line)
}

// text returns the log.
func (r *requests) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "")
}

// requestLine returns one line of bounded length for a request.
func requestLine(call secretsmanagertest.Call, code string) string {
	parts := []string{shown(call.Operation)}
	for i, id := range call.IDs {
		if i == 2 && len(call.IDs) > 3 {
			parts = append(parts, fmt.Sprintf("and %d more", len(call.IDs)-i))
			break
		}
		parts = append(parts, shown(id))
	}
	if code == "" {
		code = "ok"
	}
	return strings.Join(append(parts, code), " ")
}

// nameLike matches names, ARNs and operations. Other text may be a misplaced secret.
var nameLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z0-9_+=.!-]|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]*:\d*:secret:)[A-Za-z0-9/_+=.@!-]*$`)
})

// shown returns a name as the log shows it.
func shown(name string) string {
	if !nameLike().MatchString(name) {
		return "(no name)"
	}
	return cli.Shorten(name, 100)
}

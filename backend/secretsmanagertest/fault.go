package secretsmanagertest

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Fault is a trouble to come. The first three fields say whom it strikes, the
// rest what happens; only Delay goes together with the others. A Fault with
// nothing but Delay slows down an answer that is otherwise as usual; a request
// struck by any other is not carried out.
type Fault struct {
	Name      string // the secret it strikes, by name or by the ARN asked for; "" is every request
	Operation string // the operation it strikes, such as "GetSecretValue"; "" is every one
	Times     int    // how many requests it strikes; 0 means all until it is removed

	Delay time.Duration // waits before it goes on

	Drop bool // closes the connection without an answer
	Hang bool // never answers: ends when the client leaves or the server is closed

	Code    string // answers this error code, such as "AccessDeniedException" …
	Message string // … with this message; "" is AWS's usual one where there is one
	Status  int    // the HTTP status; 0 is AWS's for Code: 400, or 5xx for the service's own errors

	// Body is answered as it stands instead of an error document, with Status or
	// else 200. A Status with neither Code nor Body is answered with a page in
	// HTML, as load balancers and proxies do.
	Body string
}

// slow says that the fault only delays.
func (f Fault) slow() bool {
	return !f.Drop && !f.Hang && f.Code == "" && f.Status == 0 && f.Body == ""
}

// listed says that in a batch the fault is one secret's, not the whole request's.
func (f Fault) listed() bool {
	return !f.Drop && !f.Hang && f.Code != "" && f.Status == 0 && f.Body == ""
}

// struck is a fault on its way to be played, among an operation's other errors.
type struck Fault

func (f struck) Error() string { return "injected fault" }

// Fail makes every request for a secret answer an error code, until remove is
// called; the name "" is every request of every operation. Codes AWS does not
// have are played as they stand. A second Fail for a name replaces the first,
// whose remove then does nothing; faults from Inject stay.
func (s *Server) Fail(name, code string) (remove func()) {
	f := Fault{Name: name, Code: code}
	if f.slow() {
		panic("secretsmanagertest: Fail without a code")
	}
	f.Message = messages[code]
	return s.faults.replace(f)
}

// Inject sets up a fault, until it has struck as often as it says or remove is
// called. Of several that fit a request, those that only delay add up, and the
// one injected first decides. A Fault that does nothing, or whose Status is no
// final HTTP status, is a mistake in the test and panics.
func (s *Server) Inject(f Fault) (remove func()) {
	if f.slow() && f.Delay <= 0 {
		panic("secretsmanagertest: a Fault that does nothing")
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		panic("secretsmanagertest: Fault.Status is not from 200 to 599")
	}
	f.Message = cmp.Or(f.Message, messages[f.Code])
	return s.faults.add(f)
}

// faults are those in force, in the order of injection.
type faults struct {
	mu   sync.Mutex
	list []*fault
}

// fault is a Fault and how often it may still strike; -1 is always.
type fault struct {
	Fault
	left int
	fail bool // from Fail: the next Fail for the name replaces it
}

func (fs *faults) add(f Fault) (remove func()) {
	in := &fault{Fault: f, left: cmp.Or(max(f.Times, 0), -1)}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = append(fs.list, in)
	return fs.remover(in)
}

// replace puts a fault from Fail in the place of the one that its name had.
func (fs *faults) replace(f Fault) (remove func()) {
	in := &fault{Fault: f, left: -1, fail: true}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	i := slices.IndexFunc(fs.list, func(had *fault) bool { return had.fail && had.Name == f.Name })
	if i >= 0 {
		fs.list[i] = in
	} else {
		fs.list = append(fs.list, in)
	}
	return fs.remover(in)
}

func (fs *faults) remover(in *fault) func() {
	return func() {
		fs.mu.Lock()
		defer fs.mu.Unlock()
		fs.list = slices.DeleteFunc(fs.list, func(f *fault) bool { return f == in })
	}
}

func (fs *faults) reset() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = nil
}

// strike uses up and returns what strikes a request of an operation for a secret
// known by these names, among them "" where faults of every name count too. It
// returns nil when nothing does.
func (fs *faults) strike(operation string, names ...string) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var first *Fault
	var delay time.Duration
	for _, f := range fs.list {
		if !slices.Contains(names, f.Name) || f.Operation != "" && f.Operation != operation {
			continue
		}
		if f.slow() {
			delay += f.Delay
		} else if first == nil {
			first = new(f.Fault) // a copy, for its delay is added to
		} else {
			continue
		}
		f.left = max(f.left-1, -1)
	}
	fs.list = slices.DeleteFunc(fs.list, func(f *fault) bool { return f.left == 0 })
	if first == nil && delay > 0 {
		first = &Fault{}
	}
	if first != nil {
		first.Delay += delay
	}
	return first
}

// trouble strikes, waits where the fault is slow, and returns the rest of it as
// an error; nil means go on as usual.
func (s *Server) trouble(ctx context.Context, operation string, names ...string) error {
	f := s.faults.strike(operation, names...)
	if f == nil {
		return nil
	}
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return struck{Drop: true}
		case <-s.closing:
			return struck{Drop: true}
		}
	}
	if f.slow() {
		return nil
	}
	return struck(*f)
}

// play answers a request with a fault.
func (s *Server) play(w http.ResponseWriter, r *http.Request, f Fault) {
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.closing:
		}
		fallthrough
	case f.Drop:
		panic(http.ErrAbortHandler) // net/http closes the connection and says nothing
	case f.Body != "":
		reply(w, cmp.Or(f.Status, http.StatusOK), []byte(f.Body))
	case f.Code != "":
		replyError(w, cmp.Or(f.Status, statusOf(f.Code)), f.Code, f.Message)
	default:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		fmt.Fprintf(w, "<html><body><h1>%d %s</h1></body></html>\n", f.Status, http.StatusText(f.Status))
	}
}

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

// Fault describes how requests fail. The first three fields choose the requests, the others
// say what happens. Only Delay can be combined with the others: a Fault with only a Delay
// slows down a request that then succeeds. A request that meets any other Fault changes nothing
// on the server.
type Fault struct {
	Name      string // the name or the ARN of a secret; "" means every request
	Operation string // the operation, such as "GetSecretValue"; "" means every one
	Times     int    // the number of requests; 0 means all until the Fault is removed

	Delay time.Duration // how long to wait before anything else

	Drop bool // closes the connection without a response
	Hang bool // sends no response until the client leaves or the server is closed

	Code    string // responds with this error code, such as "AccessDeniedException"
	Message string // the message for Code; "" means the usual one of AWS, if there is one
	Status  int    // the HTTP status; 0 means that of AWS for Code: 400, or 5xx for errors of the service

	// Body is the whole body of the response, with Status, or 200 if that is 0. If there is a
	// Status but neither Code nor Body, the response is a page in HTML, as load balancers and
	// proxies send it.
	Body string
}

// slow reports whether the fault only delays.
func (f Fault) slow() bool {
	return !f.Drop && !f.Hang && f.Code == "" && f.Status == 0 && f.Body == ""
}

// listed reports whether the fault, in a batch, concerns one secret instead of the request.
func (f Fault) listed() bool {
	return !f.Drop && !f.Hang && f.Code != "" && f.Status == 0 && f.Body == ""
}

// struck is a Fault as the error of an operation.
type struck Fault

func (f struck) Error() string { return "injected fault" }

// Fail makes every request for a secret fail with an error code, until remove is called. The
// name "" means every request of every operation. The code may be any text. A second Fail for
// a name replaces the first, whose remove then does nothing. Faults from Inject stay.
func (s *Server) Fail(name, code string) (remove func()) {
	f := Fault{Name: name, Code: code}
	if f.slow() {
		panic("secretsmanagertest: the code of Fail is empty; pass one, such as AccessDeniedException")
	}
	f.Message = messages[code]
	return s.faults.replace(f)
}

// Inject adds a fault. The fault stays until it has affected Times requests or remove is called.
// If several faults fit a request, all delays add up, and the first of the others decides. Inject
// panics if the Fault does nothing, or if its Status is not a final HTTP status, since that is a
// mistake in the test.
func (s *Server) Inject(f Fault) (remove func()) {
	if f.slow() && f.Delay <= 0 {
		panic("secretsmanagertest: the Fault does nothing; set Code, Status, Body, Drop, Hang or Delay")
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		panic("secretsmanagertest: Fault.Status must be from 200 to 599")
	}
	f.Message = cmp.Or(f.Message, messages[f.Code])
	return s.faults.add(f)
}

// faults are the present faults, in the order in which they were added.
type faults struct {
	mu   sync.Mutex
	list []*fault
}

// fault is a Fault in faults.
type fault struct {
	Fault
	left int  // how many more requests it affects; -1 means all
	fail bool // from Fail, so that the next Fail for the name replaces it
}

func (fs *faults) add(f Fault) (remove func()) {
	in := &fault{Fault: f, left: cmp.Or(max(f.Times, 0), -1)}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.list = append(fs.list, in)
	return fs.remover(in)
}

// replace replaces the fault that an earlier Fail added for the same name.
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

// strike returns the fault for a request, or nil, and counts it. names are the names by which
// a fault may choose the request; they include "" if faults for every name apply.
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
			first = new(f.Fault) // a copy, since its Delay changes below
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

// faultOf waits for the delays of the faults of a request. It returns the fault that fails the
// request, or nil.
func (s *Server) faultOf(ctx context.Context, operation string, names ...string) error {
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

// play responds to a request as a fault says.
func (s *Server) play(w http.ResponseWriter, r *http.Request, f Fault) {
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.closing:
		}
		fallthrough
	case f.Drop:
		panic(http.ErrAbortHandler) // net/http closes the connection without logging
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

package secretsmanagertest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Call is one request as it arrived, whether it succeeded or not.
type Call struct {
	// Operation is the operation in X-Amz-Target, without the prefix "secretsmanager.".
	Operation string

	// IDs are the secrets asked for, as the request spells them: SecretId, the Name of
	// CreateSecret, or each of SecretIdList. ListSecrets has none.
	IDs []string

	// Attempt is the number of the attempt, from 1, if the client sends it, otherwise 0.
	Attempt int

	// AccessKeyID, SessionToken and Region are those with which the request was signed; ""
	// if it was not. The signature is not verified.
	AccessKeyID, SessionToken, Region string

	// UserAgent is the User-Agent header.
	UserAgent string
}

func newCall(r *http.Request, operation string, ids []string) Call {
	// The headers share the memory of one text. Copies let the garbage collector free it.
	c := Call{
		Operation:    strings.Clone(operation),
		IDs:          ids,
		SessionToken: strings.Clone(r.Header.Get("X-Amz-Security-Token")),
		UserAgent:    strings.Clone(r.Header.Get("User-Agent")),
	}
	// amz-sdk-request: attempt=1; max=3
	for field := range strings.SplitSeq(r.Header.Get("Amz-Sdk-Request"), ";") {
		if n, ok := strings.CutPrefix(strings.TrimSpace(field), "attempt="); ok {
			c.Attempt, _ = strconv.Atoi(n)
		}
	}
	// Authorization: AWS4-HMAC-SHA256 Credential=KEY/20180404/REGION/secretsmanager/aws4_request, …
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	credential, _, _ = strings.Cut(credential, ",")
	if scope := strings.Split(credential, "/"); len(scope) >= 5 {
		// A key ID may contain slashes, so the parts are counted from the end.
		c.AccessKeyID = strings.Clone(strings.Join(scope[:len(scope)-4], "/"))
		c.Region = strings.Clone(scope[len(scope)-3])
	}
	return c
}

// calls counts every request of a server and keeps the latest ones.
type calls struct {
	mu         sync.Mutex
	keep       int            // the maximum length of latest; if negative, nothing is kept or counted
	latest     []Call         // a ring once it is full: the oldest call is at next
	next       int            // the index of the next call in a full ring
	total      int            // the number of requests
	operations map[string]int // the number of requests by operation
	ids        map[string]int // the number of requests by ID, as it was spelled
}

func (c *calls) add(call Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keep < 0 {
		return
	}
	c.total++
	if c.operations == nil {
		c.operations, c.ids = map[string]int{}, map[string]int{}
	}
	c.operations[call.Operation]++
	for _, id := range call.IDs {
		c.ids[id]++
	}
	if len(c.latest) < c.keep {
		c.latest = append(c.latest, call)
		return
	}
	c.latest[c.next] = call
	c.next = (c.next + 1) % c.keep
}

// log returns the latest calls, the oldest first.
func (c *calls) log() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Concat(c.latest[c.next:], c.latest[:c.next])
}

func (c *calls) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latest, c.next, c.total, c.operations, c.ids = nil, 0, 0, nil, nil
}

// Calls returns how often any operation asked for a secret by this spelling of its ID. A batch
// counts each ID that it lists. Each attempt of a client that retries counts. The count is
// exact, even if Log no longer has all calls.
func (s *Server) Calls(id string) int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return s.calls.ids[id]
}

// Operations returns the number of requests of an operation, such as "GetSecretValue", or of
// all operations for "". The count is exact, even if Log no longer has all calls.
func (s *Server) Operations(operation string) int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	if operation == "" {
		return s.calls.total
	}
	return s.calls.operations[operation]
}

// Asked returns the IDs of all calls in Log, in the order of arrival.
func (s *Server) Asked() []string {
	var ids []string
	for _, call := range s.Log() {
		ids = append(ids, call.IDs...)
	}
	return ids
}

// Log returns the latest requests in the order of arrival, up to Options.KeepCalls.
func (s *Server) Log() []Call {
	list := s.calls.log()
	for i := range list {
		list[i].IDs = slices.Clone(list[i].IDs)
	}
	return list
}

// ResetCalls empties Log and sets all counts to 0. Secrets and faults stay.
func (s *Server) ResetCalls() { s.calls.reset() }

package secretsmanagertest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Call is one request as it arrived, whatever became of it.
type Call struct {
	// Operation is what X-Amz-Target asked for, without its "secretsmanager.".
	Operation string

	// IDs are the secrets asked for as the request spelled them: SecretId, the
	// Name of CreateSecret, or each of SecretIdList. A ListSecrets has none.
	IDs []string

	// Attempt is the number a client that retries gives its attempts, from 1; 0
	// when it gives none.
	Attempt int

	// AccessKeyID, SessionToken and Region are what the request was signed with;
	// "" where it was not. The signature itself is not verified.
	AccessKeyID, SessionToken, Region string

	// UserAgent is the User-Agent header.
	UserAgent string
}

func newCall(r *http.Request, operation string, ids []string) Call {
	// Every header is part of one text that holds them all: a copy lets go of it.
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
		// A key ID may hold slashes, so the scope is counted from its end.
		c.AccessKeyID = strings.Clone(strings.Join(scope[:len(scope)-4], "/"))
		c.Region = strings.Clone(scope[len(scope)-3])
	}
	return c
}

// calls counts every request of a server, and remembers the latest.
type calls struct {
	mu         sync.Mutex
	keep       int            // the length that latest grows to; negative: nothing is kept or counted
	latest     []Call         // a ring as soon as it is full: the oldest call is at next
	next       int            // where the next call goes in a full ring
	total      int            // all requests
	operations map[string]int // :: operation → its requests
	ids        map[string]int // :: spelling of an ID → how often it was asked for
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

// log is the latest calls, the oldest first.
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

// Calls counts how often a secret was asked for under this spelling, by any
// operation; a batch counts once for each time it lists it. The attempts of a
// client that retries count one by one. The count is exact, however many calls
// Log has forgotten.
func (s *Server) Calls(id string) int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return s.calls.ids[id]
}

// Operations counts the requests of an operation, such as "GetSecretValue"; ""
// counts them all. The count is exact, however many calls Log has forgotten.
func (s *Server) Operations(operation string) int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	if operation == "" {
		return s.calls.total
	}
	return s.calls.operations[operation]
}

// Asked returns the IDs asked for, in the order of arrival, by any operation of
// those that Log has.
func (s *Server) Asked() []string {
	var ids []string
	for _, call := range s.Log() {
		ids = append(ids, call.IDs...)
	}
	return ids
}

// Log returns the latest requests in the order of arrival: all of them until
// there are more than Options.KeepCalls.
func (s *Server) Log() []Call {
	list := s.calls.log()
	for i := range list {
		list[i].IDs = slices.Clone(list[i].IDs)
	}
	return list
}

// ResetCalls forgets the calls so far and starts every count at 0; secrets and
// faults stay.
func (s *Server) ResetCalls() { s.calls.reset() }

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
	c := Call{
		Operation:    operation,
		IDs:          ids,
		SessionToken: r.Header.Get("X-Amz-Security-Token"),
		UserAgent:    r.Header.Get("User-Agent"),
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
		c.AccessKeyID = strings.Join(scope[:len(scope)-4], "/")
		c.Region = scope[len(scope)-3]
	}
	return c
}

// calls is the log of a server.
type calls struct {
	mu   sync.Mutex
	list []Call
}

func (c *calls) add(call Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, call)
}

func (c *calls) count(counts func(Call) int) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.list {
		n += counts(call)
	}
	return n
}

// Calls counts how often a secret was asked for under this spelling, by any
// operation; a batch counts once for each time it lists it. The attempts of a
// client that retries count one by one.
func (s *Server) Calls(id string) int {
	return s.calls.count(func(c Call) (n int) {
		for _, asked := range c.IDs {
			if asked == id {
				n++
			}
		}
		return n
	})
}

// Operations counts the requests of an operation, such as "GetSecretValue"; ""
// counts them all.
func (s *Server) Operations(operation string) int {
	return s.calls.count(func(c Call) int {
		if operation == "" || operation == c.Operation {
			return 1
		}
		return 0
	})
}

// Asked returns the IDs asked for, in the order of arrival, by any operation.
func (s *Server) Asked() []string {
	var ids []string
	for _, call := range s.Log() {
		ids = append(ids, call.IDs...)
	}
	return ids
}

// Log returns every request so far, in the order of arrival.
func (s *Server) Log() []Call {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	list := slices.Clone(s.calls.list)
	for i := range list {
		list[i].IDs = slices.Clone(list[i].IDs)
	}
	return list
}

// ResetCalls forgets the calls so far; secrets and faults stay.
func (s *Server) ResetCalls() {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.list = nil
}

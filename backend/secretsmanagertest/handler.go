package secretsmanagertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxBody is more than any valid request needs: 64 KiB of text, every byte of it
// escaped as \u00XX, and the rest.
const maxBody = 1 << 20

// answer is the body of a successful answer: member → value. What AWS would leave
// out is not in it.
type answer map[string]any

// operations is every operation there is. Each takes the lock itself, since a
// batch must not hold it while a slow fault strikes.
var operations = map[string]func(*Server, context.Context, *params) (answer, error){
	"GetSecretValue":           (*Server).getSecretValue,
	"BatchGetSecretValue":      (*Server).batchGetSecretValue,
	"ListSecrets":              (*Server).listSecrets,
	"DescribeSecret":           (*Server).describeSecret,
	"CreateSecret":             (*Server).createSecret,
	"PutSecretValue":           (*Server).putSecretValue,
	"UpdateSecret":             (*Server).updateSecret,
	"UpdateSecretVersionStage": (*Server).updateSecretVersionStage,
	"DeleteSecret":             (*Server).deleteSecret,
	"RestoreSecret":            (*Server).restoreSecret,
}

// ServeHTTP answers one request of the wire protocol, whatever its method and
// path are: X-Amz-Target alone says what is meant.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	// The body is read to its end first: only then does net/http notice a client
	// that leaves while its answer is slow.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	target := r.Header.Get("X-Amz-Target")
	operation, ours := strings.CutPrefix(target, "secretsmanager.")
	p, malformed := s.parseParams(body)
	if err != nil {
		malformed = err
	}
	ids := p.ids(operation)
	s.calls.add(newCall(r, operation, ids))

	out, err := answer(nil), s.trouble(ctx, operation, s.spellings(operation, ids)...)
	switch do := operations[operation]; {
	case err != nil:
	case errors.As(malformed, new(*http.MaxBytesError)):
		err = &apiError{"RequestEntityTooLargeException", "the request is too large"}
	case !ours || do == nil:
		err = &apiError{"UnknownOperationException", ""}
	case malformed != nil:
		err = malformed
	default:
		out, err = do(s, ctx, p)
	}

	fault, isFault := errors.AsType[struck](err)
	api, isAPI := errors.AsType[*apiError](err)
	switch {
	case err == nil:
		reply(w, http.StatusOK, encode(out))
	case isFault:
		s.play(w, r, Fault(fault))
	case isAPI:
		replyError(w, statusOf(api.code), api.code, api.message)
	default:
		replyError(w, http.StatusInternalServerError, "InternalServiceError", messages["InternalServiceError"])
	}
}

// spellings are the names that faults may know a request by; "" is among them for
// the faults of every name. The secrets of a batch are struck one by one later on.
func (s *Server) spellings(operation string, ids []string) []string {
	names := []string{""}
	if operation == "BatchGetSecretValue" {
		return names
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		names = append(names, s.namesLocked(id)...)
	}
	return names
}

// reply sends a body that is JSON, or that a fault passes off as JSON.
func reply(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", newUUID())
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// replyError sends an error document. The SDKs for Go and Python look for the
// code in different places, so header and body say the same.
func replyError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Amzn-Errortype", code)
	doc := answer{"__type": code}
	if message != "" {
		doc["Message"], doc["message"] = message, message
	}
	reply(w, status, encode(doc))
}

func encode(doc answer) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		panic(err) // answers are strings, numbers, lists and maps of these
	}
	return buf.Bytes()
}

// epoch is a date as the protocol wants it: seconds since 1970, with a fraction.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// newUUID makes a random UUID, for request IDs and for versions whose creator
// named none.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

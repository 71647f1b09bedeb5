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

// maxBody is more than any valid request needs: 64 KiB of text with every byte escaped as
// \u00XX, and the other members.
const maxBody = 1 << 20

// answer is the body of a successful response. Like that of AWS, it leaves out empty members.
type answer map[string]any

// operations are the supported operations. Each takes the lock itself, since a batch must not
// hold it while a fault delays it.
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
	"TagResource":              (*Server).tagResource,
	"UntagResource":            (*Server).untagResource,
	"ListSecretVersionIds":     (*Server).listSecretVersionIDs,
	"GetResourcePolicy":        (*Server).getResourcePolicy,
}

// ServeHTTP responds to one request of the wire protocol. It ignores the method and the path;
// the header X-Amz-Target names the operation.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, bodyErr := s.readBody(w, r)
	operation, ours := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	p, malformed := s.parseParams(body)
	ids := p.ids(operation)
	call := newCall(r, operation, ids)
	s.calls.add(call)

	out, err := answer(nil), s.faultOf(r.Context(), operation, s.spellings(operation, ids)...)
	switch do := operations[operation]; {
	case err != nil:
	case bodyErr != nil:
		err = bodyErr
	case !ours || do == nil:
		err = unknownOperation(r.Header.Get("X-Amz-Target"))
	case malformed != nil:
		err = malformed
	default:
		out, err = do(s, r.Context(), p)
		if unsaved := s.save(); unsaved != nil {
			// The answer may contain something that is not saved.
			err = &apiError{"InternalServiceError", unsaved.Error()}
		}
	}
	if s.options.OnAnswer != nil {
		defer s.options.OnAnswer(call, codeOf(err)) // also if play panics
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

// readBody reads the whole body of a request. This must happen first: net/http notices that a
// client has left only after the body was read.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := http.NewResponseController(w) // httptest.ResponseRecorder has no deadlines
	_ = limit.SetReadDeadline(time.Now().Add(s.bodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		_ = limit.SetReadDeadline(time.Time{})
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &apiError{"RequestEntityTooLargeException", "the request is too large"}
	}
	return nil, &apiError{"RequestTimeoutException", "the body of the request did not arrive in time"}
}

// codeOf returns the error code of a response, or "".
func codeOf(err error) string {
	if f, ok := errors.AsType[struck](err); ok {
		return f.Code
	}
	if api, ok := errors.AsType[*apiError](err); ok {
		return api.code
	}
	if err != nil {
		return "InternalServiceError"
	}
	return ""
}

// spellings returns the names by which a fault may choose a request, including "" for faults of
// every name. The secrets of a batch get their faults one by one later.
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

// reply sends a body as JSON. With a fault it may be something else.
func reply(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", newUUID())
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// replyError sends an error. Both the header and the body have the code, since the SDKs for Go
// and Python look for it in different places.
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

// epoch converts a date to the form of the protocol: seconds since 1970, with a fraction.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// newUUID makes a random UUID, for request IDs and for versions without a ClientRequestToken.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

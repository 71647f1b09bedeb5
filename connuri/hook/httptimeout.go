package hook

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// patient is a transport with the timeout of requests. It limits the wait for a connection,
// for the header of the answer (ResponseHeaderTimeout) and for each read of its body, but
// not the request as a whole.
type patient struct {
	*http.Transport
	timeout time.Duration
}

// RoundTrip is http.RoundTripper.
func (p *patient) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	expire := func() { cancel(timedOut{}) }
	timer := time.AfterFunc(p.timeout, expire)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { timer.Reset(p.timeout) }, // again if a pooled connection turns out to be closed
		GotConn: func(httptrace.GotConnInfo) { timer.Stop() },
	})
	response, err := p.Transport.RoundTrip(request.WithContext(ctx))
	timer.Stop()
	if err != nil {
		cancel(nil)
		return nil, err // timedOut if expire came first: a transport returns the cause
	}
	if _, upgraded := response.Body.(io.Writer); !upgraded {
		response.Body = &patientBody{response.Body, cancel, p.timeout}
	}
	return response, nil
}

// patientBody limits the wait for each read.
type patientBody struct {
	io.ReadCloser
	cancel  context.CancelCauseFunc
	timeout time.Duration
}

func (b *patientBody) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.timeout, func() { b.cancel(timedOut{}) })
	n, err := b.ReadCloser.Read(p)
	timer.Stop()
	if err != nil {
		b.cancel(nil)
	}
	return n, err
}

func (b *patientBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}

// timedOut is the error of a timeout, which os.IsTimeout, url.Error.Timeout and errors.Is with
// context.DeadlineExceeded recognize.
type timedOut struct{}

func (timedOut) Error() string        { return "hook: no answer within the timeout of the connection" }
func (timedOut) Timeout() bool        { return true }
func (timedOut) Temporary() bool      { return true }
func (timedOut) Is(target error) bool { return target == context.DeadlineExceeded }

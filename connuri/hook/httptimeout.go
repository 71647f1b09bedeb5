package hook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// patient is a transport that waits as long as requests does: so long for a connection, so
// long for the first byte of the answer (ResponseHeaderTimeout), and so long for each piece
// of its body. However long the whole takes does not matter.
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
		GetConn: func(string) { timer.Reset(p.timeout) }, // again where a kept connection turns out to be closed
		GotConn: func(httptrace.GotConnInfo) { timer.Stop() },
	})
	response, err := p.Transport.RoundTrip(request.WithContext(ctx))
	timer.Stop()
	if err != nil {
		if errors.Is(context.Cause(ctx), timedOut{}) {
			err = timedOut{}
		}
		cancel(nil)
		return nil, err
	}
	if _, upgraded := response.Body.(io.Writer); !upgraded {
		response.Body = &patientBody{response.Body, ctx, cancel, p.timeout}
	}
	return response, nil
}

// patientBody waits for each piece.
type patientBody struct {
	io.ReadCloser
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timeout time.Duration
}

func (b *patientBody) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.timeout, func() { b.cancel(timedOut{}) })
	n, err := b.ReadCloser.Read(p)
	timer.Stop()
	if err != nil {
		if !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), timedOut{}) {
			err = timedOut{}
		}
		b.cancel(nil)
	}
	return n, err
}

func (b *patientBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}

// timedOut is the error of a timeout, for os.IsTimeout, url.Error.Timeout and errors.Is with
// context.DeadlineExceeded.
type timedOut struct{}

func (timedOut) Error() string        { return "hook: no answer within the timeout of the connection" }
func (timedOut) Timeout() bool        { return true }
func (timedOut) Temporary() bool      { return true }
func (timedOut) Is(target error) bool { return target == context.DeadlineExceeded }

package backend

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
)

// reasonOf returns why a call failed.
func reasonOf(err error) Reason {
	if noCredentials(err) {
		return BadCredentials // STS and its kin use the same codes as Secrets Manager
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		if reason := reasonOfCode(api); reason != 0 {
			return reason
		}
	}
	status := statusOf(err)
	switch {
	case status >= 500:
		return ServerFailure
	case status == http.StatusTooManyRequests:
		return Throttled
	case status >= 300, errors.Is(err, bodylimit.ErrTooLong):
		return Failed
	// Of an answer that began well, the rest may still be late or lost.
	case errors.Is(err, context.Canceled):
		return Canceled
	case timedOut(err):
		return TimedOut
	case networkTrouble(err) != "":
		return Unreachable
	}
	return Failed
}

// statusOf is the HTTP status in an error, 0 if no answer came.
func statusOf(err error) int {
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || response.Response == nil || response.Response.Response == nil {
		return 0
	}
	return response.HTTPStatusCode()
}

func isThrottle(code string) bool {
	_, ok := retry.DefaultThrottleErrorCodes[code]
	return ok
}

// noCredentials reports whether the SDK had none to sign with. It has no error
// type for that, only this text around the cause.
func noCredentials(err error) bool {
	return strings.Contains(err.Error(), "get identity: ") || strings.Contains(err.Error(), "get credentials: ")
}

func timedOut(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout()
}

// callTrouble says in words why a call failed, without any text of the error
// itself.
func callTrouble(err error) string {
	if trouble := networkTrouble(err); trouble != "" {
		return trouble
	}
	if errors.Is(err, bodylimit.ErrTooLong) {
		return bodylimit.ErrTooLong.Error()
	}
	if noRegion(err) {
		return noRegionText
	}
	if status := statusOf(err); status != 0 {
		return "HTTP " + strconv.Itoa(status) + " without an error of AWS"
	}
	return ""
}

const noRegionText = "no region is set, or none that AWS has"

// noRegion reports whether the SDK found no endpoint. It has no error type for
// that.
func noRegion(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "missing region") || strings.Contains(text, "invalid region") || strings.Contains(text, "resolve endpoint")
}

// networkTrouble says in words what kept a call from AWS, "" if it was not the network. Of the errors themselves it takes the name and the address of a host.
func networkTrouble(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if !isHostName(dns.Name) {
			return "the name of the host does not resolve"
		}
		return "the name " + dns.Name + " does not resolve"
	}
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		verify    *tls.CertificateVerificationError
		alert     tls.AlertError
	)
	if errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid) || errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &alert) {
		return "the TLS handshake fails"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		what := "the connection"
		if slices.Contains([]string{"dial", "read", "write", "proxyconnect"}, op.Op) {
			what = op.Op
		}
		if op.Addr != nil {
			what += " " + op.Addr.String()
		}
		switch {
		case op.Timeout():
			return what + " takes too long"
		case errors.Is(err, syscall.ECONNREFUSED):
			return what + " is refused"
		case errors.Is(err, syscall.ECONNRESET):
			return what + " is reset"
		}
		return what + " fails"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection is cut"
	}
	if _, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return "the request cannot be sent"
	}
	return ""
}

// isHostName reports whether name is made of what host names are.
func isHostName(name string) bool {
	foreign := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(".-_", r)
	}
	return len(name) <= 253 && !strings.ContainsFunc(name, foreign)
}

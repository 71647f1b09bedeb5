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

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
)

// reasonOf returns why a call failed.
func reasonOf(err error) Reason {
	if noCredentials(err) {
		return BadCredentials // before the code: STS uses the same codes as Secrets Manager
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
	// With status 200, the rest of the response may still be late or lost.
	case errors.Is(err, context.Canceled):
		return Canceled
	case timedOut(err):
		return TimedOut
	case networkFailure(err) != "":
		return Unreachable
	}
	return Failed
}

// statusOf returns the HTTP status in an error, or 0 if no response came.
func statusOf(err error) int {
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || response.Response == nil || response.Response.Response == nil {
		return 0
	}
	return response.HTTPStatusCode()
}

// noCredentials reports whether the SDK had no credentials to sign with. The SDK has no
// error type for that, only this text.
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

// callFailure describes why a call failed, or returns "". It copies no text of the error.
func callFailure(err error) string {
	if failure := networkFailure(err); failure != "" {
		return failure
	}
	if errors.Is(err, bodylimit.ErrTooLong) {
		return bodylimit.ErrTooLong.Error()
	}
	if noRegion(err) {
		return noRegionText
	}
	if status := statusOf(err); status != 0 {
		return "HTTP " + strconv.Itoa(status) + " without an AWS error code"
	}
	return ""
}

const noRegionText = "the region is missing or unknown to AWS"

// noRegion reports whether the SDK found no endpoint. The SDK has no error type for that.
func noRegion(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "missing region") || strings.Contains(text, "invalid region") || strings.Contains(text, "resolve endpoint")
}

// networkFailure describes how the network failed a call, or returns "" if it did not. Of the
// error it copies only the name and the address of a host.
func networkFailure(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if !isHostName(dns.Name) {
			return "the host name does not resolve"
		}
		return "the host name " + dns.Name + " does not resolve"
	}
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		verify    *tls.CertificateVerificationError
		alert     tls.AlertError
	)
	if errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid) ||
		errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &alert) {
		return "the TLS handshake failed"
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
			return what + " timed out"
		case errors.Is(err, syscall.ECONNREFUSED):
			return what + " was refused"
		case errors.Is(err, syscall.ECONNRESET):
			return what + " was reset"
		}
		return what + " failed"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was cut"
	}
	if _, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return "the request could not be sent"
	}
	return ""
}

// isHostName reports whether name consists of characters that host names have.
func isHostName(name string) bool {
	foreign := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(".-_", r)
	}
	return len(name) <= 253 && !strings.ContainsFunc(name, foreign)
}

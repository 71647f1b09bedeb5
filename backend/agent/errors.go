package agent

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// refused reports whether the agent did not like the token: a 403 that is not an
// error of AWS passed on.
func refused(status int, body []byte) bool {
	code, _ := awsError(body)
	return status == http.StatusForbidden && code == ""
}

// statusError is the error in an answer that is not 200.
func statusError(status int, body []byte, token connuri.Secret) error {
	code, message := awsError(body)
	if strings.Contains(code+" "+message, token.Reveal()) { // a server that echoes the request
		code, message = "", ""
	}
	switch {
	case code != "":
		return responseError(status, apiError(status, code, message))
	case status == http.StatusForbidden:
		return responseError(status, &smithy.GenericAPIError{Code: "InvalidTokenException", Message: "the agent refuses the token", Fault: smithy.FaultClient})
	}
	return responseError(status, errors.New("the agent says no more"))
}

// responseError adds the status to an error, and nothing else of the response:
// its request holds the token.
func responseError(status int, err error) error {
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}
}

// errorCode is what an error code of AWS looks like.
var errorCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,63}$`) })

// awsError reads the JSON of an error of AWS. The code is "" where there is none.
func awsError(body []byte) (code, message string) {
	var doc struct {
		Type    string `json:"__type"`
		Code    string
		Message string
	}
	if json.Unmarshal(body, &doc) != nil {
		return "", ""
	}
	for _, code := range []string{doc.Type, doc.Code} {
		code = code[strings.LastIndexByte(code, '#')+1:] // com.amazonaws.secretsmanager#
		if errorCode().MatchString(code) {
			return code, doc.Message
		}
	}
	return "", ""
}

// modelled are the errors of GetSecretValue that the SDK has a type for.
// :: code → error with a message
var modelled = map[string]func(message *string) smithy.APIError{
	(*types.DecryptionFailure)(nil).ErrorCode():         func(m *string) smithy.APIError { return &types.DecryptionFailure{Message: m} },
	(*types.InternalServiceError)(nil).ErrorCode():      func(m *string) smithy.APIError { return &types.InternalServiceError{Message: m} },
	(*types.InvalidParameterException)(nil).ErrorCode(): func(m *string) smithy.APIError { return &types.InvalidParameterException{Message: m} },
	(*types.InvalidRequestException)(nil).ErrorCode():   func(m *string) smithy.APIError { return &types.InvalidRequestException{Message: m} },
	(*types.ResourceNotFoundException)(nil).ErrorCode(): func(m *string) smithy.APIError { return &types.ResourceNotFoundException{Message: m} },
}

func apiError(status int, code, message string) smithy.APIError {
	if typed := modelled[code]; typed != nil {
		return typed(&message)
	}
	fault := smithy.FaultClient
	if status >= 500 {
		fault = smithy.FaultServer
	}
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: fault}
}

// sendError is the error of a request that got no whole answer. Of the causes
// only those are kept whose text is about the network alone: net/http quotes an
// answer that is no HTTP.
func sendError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &smithy.CanceledError{Err: ctx.Err()}
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // without the URL
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return &smithyhttp.RequestSendError{Err: dns}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return &smithyhttp.RequestSendError{Err: op}
	}
	if verify, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &smithyhttp.RequestSendError{Err: verify}
	}
	for _, known := range []error{context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			return &smithyhttp.RequestSendError{Err: known}
		}
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return &smithyhttp.RequestSendError{Err: context.DeadlineExceeded} // Timeout of the HTTP client
	}
	return &smithyhttp.RequestSendError{Err: errors.New("the request fails, or its answer is not HTTP")}
}

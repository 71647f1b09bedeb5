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

// refused reports whether the agent refused the token: with a 403 that is not an error of AWS.
func refused(status int, body []byte) bool {
	code, _ := awsError(body)
	return status == http.StatusForbidden && code == ""
}

// statusError returns the error of a response whose status is not 200.
func statusError(status int, body []byte, token connuri.Secret) error {
	code, message := awsError(body)
	if strings.Contains(code+" "+message, token.Reveal()) { // the server echoes the request
		code, message = "", ""
	}
	switch {
	case code != "":
		return responseError(status, apiError(status, code, message))
	case status == http.StatusForbidden:
		return responseError(status, &smithy.GenericAPIError{Code: "InvalidTokenException", Message: "the agent refuses the token", Fault: smithy.FaultClient})
	}
	return responseError(status, errors.New("the agent sent no error code"))
}

// responseError adds the status to an error. It does not add the response itself, whose
// request holds the token.
func responseError(status int, err error) error {
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: err}
}

// errorCode matches text that may be an error code of AWS.
var errorCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,63}$`) })

// awsError parses the JSON of an error of AWS. It returns "" if the body is something else.
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
		code = code[strings.LastIndexByte(code, '#')+1:] // after com.amazonaws.secretsmanager#
		if errorCode().MatchString(code) {
			return code, doc.Message
		}
	}
	return "", ""
}

// modelled makes the errors of GetSecretValue for which the SDK has a type, by code.
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

// sendError returns the error of a request without a complete response. It keeps only causes
// whose text is about the network, since net/http quotes a response that is not HTTP.
func sendError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &smithy.CanceledError{Err: ctx.Err()}
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // drops the URL
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
		return &smithyhttp.RequestSendError{Err: context.DeadlineExceeded} // the Timeout of the HTTP client
	}
	return &smithyhttp.RequestSendError{Err: errors.New("the request failed, or the response is not HTTP")}
}

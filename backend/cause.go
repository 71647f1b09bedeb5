package backend

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// cause is what a LookupError keeps of a call that failed. It holds no request and no
// response, and of the texts of other libraries only the name and address of a host: anything
// else may contain a credential or a secret.
type cause struct {
	text      string // the text that Error returns
	status    int    // the HTTP status; 0 if no response came
	requestID string // AWS's ID of the request; "" if it gave none
	end       error  // context.Canceled or context.DeadlineExceeded, if it caused this
}

func (c *cause) Error() string                { return c.text }
func (c *cause) Unwrap() error                { return c.end }
func (c *cause) MarshalText() ([]byte, error) { return []byte(c.text), nil }

// awsCause is a cause for which AWS sent an error code. It implements smithy.APIError.
type awsCause struct {
	cause
	// As the server sent them, so they may quote a secret. Only ErrorCode and ErrorMessage
	// return them.
	code, message connuri.Secret
	fault         smithy.ErrorFault
	policy        policy // the policy that a denial names
}

var _ smithy.APIError = (*awsCause)(nil)

func (c *awsCause) ErrorCode() string             { return c.code.Reveal() }
func (c *awsCause) ErrorMessage() string          { return c.message.Reveal() }
func (c *awsCause) ErrorFault() smithy.ErrorFault { return c.fault }

// causeOf returns what may be kept of the error of a call, or nil if there is nothing.
func causeOf(err error) error {
	c := cause{text: callFailure(err)}
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, end) {
			c.end = end
		}
	}
	c.status = statusOf(err)
	if response, ok := errors.AsType[interface {
		error
		ServiceRequestID() string
	}](err); ok && isRequestID(response.ServiceRequestID()) {
		c.requestID = response.ServiceRequestID()
	}
	api, ok := errors.AsType[smithy.APIError](err)
	switch {
	case ok:
		a := &awsCause{cause: c, code: connuri.NewSecret(api.ErrorCode()), message: connuri.NewSecret(cut(api.ErrorMessage())), fault: api.ErrorFault()}
		a.policy = policyOf(api.ErrorMessage())
		switch {
		case isKnownCode(api.ErrorCode()):
			a.text = api.ErrorCode()
		case c.status > 0:
			a.text = "HTTP " + strconv.Itoa(c.status) + " with an unknown error code"
		default:
			a.text = "an unknown error code"
		}
		return a
	case c.text == "" && c.end != nil:
		c.text = c.end.Error()
	case c.text == "":
		return nil
	}
	return &c
}

// cut bounds the memory that a long message takes.
func cut(message string) string { return message[:min(len(message), 4<<10)] }

// isRequestID reports whether id is a UUID, as the request IDs of AWS are.
func isRequestID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (id[i] == '-') || !dash && !strings.Contains("0123456789abcdefABCDEF", id[i:i+1]) {
			return false
		}
	}
	return true
}

// policy is the kind of policy that AWS names in a denial.
type policy struct {
	kind     string // "" if it names none
	explicit bool   // true if the policy forbids the call, false if it fails to allow it
}

// policyOf parses a message such as "because no identity-based policy allows …" or
// "with an explicit deny in a VPC endpoint policy".
func policyOf(message string) policy {
	message = strings.ToLower(message)
	for _, kind := range []string{
		"identity-based policy", "resource-based policy", "VPC endpoint policy", "service control policy",
		"resource control policy", "session policy", "permissions boundary",
	} {
		name := strings.ToLower(kind)
		switch {
		case strings.Contains(message, "explicit deny in a "+name), strings.Contains(message, "explicit deny in an "+name):
			return policy{kind, true}
		case strings.Contains(message, "because no "+name):
			return policy{kind, false}
		}
	}
	return policy{explicit: strings.Contains(message, "explicit deny")}
}

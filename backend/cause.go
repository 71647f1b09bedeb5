package backend

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/airflowsecrets/airflowsecrets/connuri"
)

// cause is what a LookupError keeps of a call that failed. It has no request, no
// response and of other libraries' texts only the name and address of a host. Anything
// else may hold a credential or a secret, and no printer can show what is not there.
type cause struct {
	text      string // what Error gives
	status    int    // the HTTP status; 0 means that no answer came
	requestID string // AWS's; "" if it gave none
	end       error  // context.Canceled or context.DeadlineExceeded, if it caused this
}

func (c *cause) Error() string                { return c.text }
func (c *cause) Unwrap() error                { return c.end }
func (c *cause) MarshalText() ([]byte, error) { return []byte(c.text), nil }

// awsCause is a cause that AWS gave a code for. It is a smithy.APIError.
type awsCause struct {
	cause
	// Both as AWS sent them, so they may quote a secret. Only ErrorCode and
	// ErrorMessage give them.
	code, message connuri.Secret
	fault         smithy.ErrorFault
	policy        policy // what a denial says of it
}

var _ smithy.APIError = (*awsCause)(nil)

func (c *awsCause) ErrorCode() string             { return c.code.Reveal() }
func (c *awsCause) ErrorMessage() string          { return c.message.Reveal() }
func (c *awsCause) ErrorFault() smithy.ErrorFault { return c.fault }

// causeOf returns what may be kept of a call's error, nil if that is nothing.
func causeOf(err error) error {
	c := cause{text: callTrouble(err)}
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
		case isCode(api.ErrorCode()):
			a.text = api.ErrorCode()
		case c.status > 0:
			a.text = "HTTP " + strconv.Itoa(c.status) + " with an error code that is not known"
		default:
			a.text = "an error code that is not known"
		}
		return a
	case c.text == "" && c.end != nil:
		c.text = c.end.Error()
	case c.text == "":
		return nil
	}
	return &c
}

// cut keeps what AWS has to say of an answer that somebody has made long.
func cut(message string) string { return message[:min(len(message), 4<<10)] }

// isCode reports whether a code may be shown: whether AWS is known to use it. Any other
// text that a server sends as a code may be a secret.
func isCode(code string) bool {
	return codes[code] != 0 || slices.Contains(credentialCodes, code) || isThrottle(code) || slices.Contains(otherCodes, code)
}

// otherCodes are AWS's codes that have no Reason.
var otherCodes = []string{
	"AccessDeniedForDependencyException", "EncryptionFailure", "EndpointDisabled", "ExpiredNextTokenException", "InternalFailure",
	"InternalServerError", "InternalServerException", "InvalidAction", "InvalidIdentityToken", "InvalidNextTokenException",
	"InvalidParameterCombination", "InvalidParameterValue", "InvalidQueryParameter", "IDPCommunicationError", "IDPRejectedClaim",
	"KMSInternalException", "KMSInvalidStateException", "KMSNotFoundException", "LimitExceededException", "MalformedPolicyDocument",
	"MalformedPolicyDocumentException", "MalformedQueryString", "MissingAction", "MissingParameter", "NotAuthorized", "NotFoundException",
	"OptInRequired", "PackedPolicyTooLarge", "PreconditionNotMetException", "PublicPolicyException", "RegionDisabledException",
	"RequestEntityTooLargeException", "ResourceExistsException", "SerializationException", "ServiceUnavailable",
	"ServiceUnavailableException", "UnauthorizedException", "UnknownError", "UnknownOperationException", "ValidationError",
	"ValidationException",
}

// isRequestID reports whether id is a UUID, as AWS's request IDs are.
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
	explicit bool   // it forbids; otherwise no such policy allows
}

// policyOf reads a message such as "because no identity-based policy allows …" or
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

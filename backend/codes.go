package backend

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// noReason marks a known code that says nothing about the cause.
const noReason Reason = 0

// codes maps each error code that AWS is known to use to its Reason. Codes for throttling are
// in the SDK's own table. Airflow swallows the first five, whatever their message says.
var codes = map[string]Reason{
	"ResourceNotFoundException": NoSecret,
	"InvalidParameterException": InvalidRequest,
	"InvalidRequestException":   InvalidRequest,
	"DecryptionFailure":         DecryptionFailed,
	"InternalServiceError":      ServiceError,

	"AccessDeniedException":    Denied,
	"AccessDenied":             Denied,
	"KMSAccessDeniedException": KMSDenied,

	"ExpiredToken":                        BadCredentials,
	"ExpiredTokenException":               BadCredentials,
	"IncompleteSignature":                 BadCredentials,
	"IncompleteSignatureException":        BadCredentials,
	"InvalidAccessKeyId":                  BadCredentials,
	"InvalidClientTokenId":                BadCredentials,
	"InvalidSignatureException":           BadCredentials,
	"InvalidTokenException":               BadCredentials,
	"MissingAuthenticationToken":          BadCredentials,
	"MissingAuthenticationTokenException": BadCredentials,
	"RequestExpired":                      BadCredentials,
	"RequestTimeTooSkewed":                BadCredentials,
	"SignatureDoesNotMatch":               BadCredentials,
	"TokenRefreshRequired":                BadCredentials,
	"UnrecognizedClientException":         BadCredentials,

	"AccessDeniedForDependencyException": noReason,
	"EncryptionFailure":                  noReason,
	"EndpointDisabled":                   noReason,
	"ExpiredNextTokenException":          noReason,
	"InternalFailure":                    noReason,
	"InternalServerError":                noReason,
	"InternalServerException":            noReason,
	"InvalidAction":                      noReason,
	"InvalidIdentityToken":               noReason,
	"InvalidNextTokenException":          noReason,
	"InvalidParameterCombination":        noReason,
	"InvalidParameterValue":              noReason,
	"InvalidQueryParameter":              noReason,
	"IDPCommunicationError":              noReason,
	"IDPRejectedClaim":                   noReason,
	"KMSInternalException":               noReason,
	"KMSInvalidStateException":           noReason,
	"KMSNotFoundException":               noReason,
	"LimitExceededException":             noReason,
	"MalformedPolicyDocument":            noReason,
	"MalformedPolicyDocumentException":   noReason,
	"MalformedQueryString":               noReason,
	"MissingAction":                      noReason,
	"MissingParameter":                   noReason,
	"NotAuthorized":                      noReason,
	"NotFoundException":                  noReason,
	"OptInRequired":                      noReason,
	"PackedPolicyTooLarge":               noReason,
	"PreconditionNotMetException":        noReason,
	"PublicPolicyException":              noReason,
	"RegionDisabledException":            noReason,
	"RequestEntityTooLargeException":     noReason,
	"ResourceExistsException":            noReason,
	"SerializationException":             noReason,
	"ServiceUnavailable":                 noReason,
	"ServiceUnavailableException":        noReason,
	"UnauthorizedException":              noReason,
	"UnknownError":                       noReason,
	"UnknownOperationException":          noReason,
	"ValidationError":                    noReason,
	"ValidationException":                noReason,
}

// isKnownCode reports whether AWS is known to use a code. Any other text that a server sends
// as a code may be a secret, so it is not shown.
func isKnownCode(code string) bool {
	_, known := codes[code]
	return known || isThrottle(code)
}

func isThrottle(code string) bool {
	_, ok := retry.DefaultThrottleErrorCodes[code]
	return ok
}

// reasonOfCode returns the Reason for an error code, refined by the message if AWS uses the
// code for several causes. It returns noReason if the code says nothing.
func reasonOfCode(api smithy.APIError) Reason {
	code, message := api.ErrorCode(), strings.ToLower(api.ErrorMessage())
	says := func(part string) bool { return strings.Contains(message, part) }
	reason := codes[code]
	switch {
	case reason == Denied && (says("access to kms") || says("perform: kms:") || says("customer master key")):
		return KMSDenied
	case code == "InvalidRequestException" && (says("marked for deletion") || says("scheduled for deletion")):
		return DeletionScheduled
	case code == "InvalidRequestException" && says("default kms"):
		return DefaultKMSKey
	case reason == noReason && isThrottle(code):
		return Throttled
	}
	return reason
}

package secretsmanagertest

import "net/http"

// apiError is an error that AWS returns.
type apiError struct{ code, message string }

func (e *apiError) Error() string { return e.code + ": " + e.message }

// The messages are those of AWS if they are known from its model or from publications. None
// quotes the text of a secret.
var (
	errNotFound = &apiError{"ResourceNotFoundException", "Secrets Manager can't find the specified secret."}
	errDeleted  = &apiError{"InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."}
	errName     = &apiError{"ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"}
	errToken    = &apiError{"InvalidNextTokenException", "The NextToken value is invalid."}
)

func invalidParameter(message string) error { return &apiError{"InvalidParameterException", message} }
func invalidRequest(message string) error   { return &apiError{"InvalidRequestException", message} }
func resourceExists(message string) error   { return &apiError{"ResourceExistsException", message} }

// notFoundValue returns the error for a secret that exists without the requested version.
func notFoundValue(by, which string) *apiError {
	return &apiError{errNotFound.code, "Secrets Manager can't find the specified secret value for " + by + ": " + which}
}

// messages are the default messages of injected faults, by code. They are from the model of
// AWS and from its errors that are common to all services. Without a message, a Go client
// would report UnknownError.
var messages = map[string]string{
	"AccessDeniedException":       "You do not have sufficient access to perform this action.",
	"ExpiredTokenException":       "The security token included in the request is expired",
	"UnrecognizedClientException": "The security token included in the request is invalid.",
	"ServiceUnavailable":          "The request has failed due to a temporary failure of the server.",
	"ResourceNotFoundException":   errNotFound.message,
	"InvalidNextTokenException":   errToken.message,
	"InvalidParameterException":   "The parameter name or value is invalid.",
	"InvalidRequestException":     "A parameter value is not valid for the current state of the resource.",
	"DecryptionFailure":           "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
	"EncryptionFailure":           "Secrets Manager can't encrypt the protected secret text using the provided KMS key.",
	"InternalServiceError":        "An error occurred on the server side.",
	"LimitExceededException":      "The request failed because it would exceed one of the Secrets Manager quotas.",
	"ResourceExistsException":     "A resource with the ID you requested already exists.",
	"ThrottlingException":         "Rate exceeded",
}

// statusOf returns the HTTP status that AWS sends with an error code. It is 400 for all errors
// of the client.
func statusOf(code string) int {
	switch code {
	case "InternalServiceError", "InternalFailure", "InternalServerError":
		return http.StatusInternalServerError
	case "ServiceUnavailable", "ServiceUnavailableException":
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

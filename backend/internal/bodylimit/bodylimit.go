// Package bodylimit bounds how much of an HTTP response the AWS SDK reads. So an endless
// body, a decompression bomb or a body of countless tiny parts costs bounded time and memory.
package bodylimit

import (
	"context"
	"errors"
	"io"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ErrTooLong is the error of reading past a limit.
var ErrTooLong = errors.New("the response is longer than any valid one")

// PerSecret is how many bytes of a response with one secret are read: 64 KiB of text, each
// byte of which JSON may escape with six, and the other fields.
const PerSecret = 512 << 10

// The limits for other responses, in bytes after decompression. The largest valid one is a
// batch of 20 secrets of 64 KiB, or 8 MiB with every byte escaped. The SDK allocates several
// times as much when it reads a response.
const (
	perMany  = 9 << 20
	perOther = 256 << 10 // STS and the other services that return credentials
	perError = 64 << 10
	// maxParts is how many objects, lists and members the JSON may have, since the SDK
	// allocates hundreds of bytes for each. The longest valid list has about 37,000.
	maxParts = 50_000
)

// Add makes an operation of the SDK read its response through the limits. Use it in a list of
// APIOptions. If the list has it twice, the second one does nothing.
func Add(stack *middleware.Stack) error {
	if _, there := stack.Deserialize.Get(step.ID()); there {
		return nil
	}
	// The last step is next to the transport: deserializing, logging and closing the body
	// all read through it.
	return stack.Deserialize.Add(step, middleware.After)
}

// AddToCredentials is Add for a configuration that is used for clients of any service. It
// limits only the responses of services that return credentials. An object of S3, for
// example, may have any size.
func AddToCredentials(stack *middleware.Stack) error {
	return stack.Deserialize.Add(credentialStep, middleware.After)
}

var credentialStep = middleware.DeserializeMiddlewareFunc("airflowsecrets:credentialLimit",
	func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		switch awsmiddleware.GetServiceID(ctx) {
		case "STS", "SSO", "SSO OIDC", "Signin":
			return limit(ctx, in, next)
		}
		return next.HandleDeserialize(ctx, in)
	})

var step = middleware.DeserializeMiddlewareFunc("airflowsecrets:bodyLimit", limit)

func limit(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	if response, ok := out.RawResponse.(*smithyhttp.Response); ok && response.Response != nil && response.Body != nil {
		b := &body{ctx: ctx, ReadCloser: response.Body, left: perOther, parts: maxParts}
		switch operation := middleware.GetOperationName(ctx); {
		case response.StatusCode/100 != 2:
			b.left = perError
		case operation == "GetSecretValue":
			b.left = PerSecret
		case operation == "BatchGetSecretValue", operation == "ListSecrets":
			b.left = perMany
		}
		response.Body = b
	}
	return out, metadata, err
}

// body reads at most left bytes with at most parts parts. It reads nothing after the context
// has ended: decompressed text comes from memory, where the deadline of the connection has no
// effect.
type body struct {
	io.ReadCloser
	ctx   context.Context
	left  int
	parts int

	// The state at the end of what was read: inside a string, after a backslash.
	quoted, escaped bool
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left < 0 || b.parts < 0 {
		return 0, ErrTooLong
	}
	// One byte past the limit distinguishes a body of exactly that length from a longer one.
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	b.left -= n
	b.count(p[:n])
	switch {
	case b.left < 0:
		return n - 1, ErrTooLong
	case b.parts < 0:
		return n, ErrTooLong
	}
	return n, err
}

// count counts the parts of JSON.
func (b *body) count(text []byte) {
	for _, c := range text {
		switch {
		case b.escaped:
			b.escaped = false
		case c == '"':
			b.quoted = !b.quoted
		case b.quoted:
			b.escaped = c == '\\'
		case c == ',', c == '{', c == '[', c == ':':
			b.parts--
		}
	}
}

// Package bodylimit bounds how much of an HTTP answer the AWS SDK reads, so that an
// endless body, a compressed bomb or one of countless tiny parts costs bounded time and
// memory.
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
var ErrTooLong = errors.New("the answer is longer than any valid one")

// limits are how many bytes of a body are read, after decompression. The largest valid
// answer is a batch of 20 secrets of 64 KiB, in which JSON spends six bytes on each
// character: 8 MiB. An SDK that reads one allocates several times as much.
const (
	perSecret = 512 << 10
	perMany   = 9 << 20
	perOther  = 256 << 10 // STS and its kin
	perError  = 64 << 10
	// maxParts is how many objects, lists and members the JSON of many secrets may have:
	// the SDK spends hundreds of bytes on each. The longest valid list has some 37,000.
	maxParts = 50_000
)

// Add makes an operation of the SDK read its answer through the limits. It is a
// function for an APIOptions list, and does nothing where the list has it twice.
func Add(stack *middleware.Stack) error {
	if _, there := stack.Deserialize.Get(step.ID()); there {
		return nil
	}
	// After all others is next to the transport: deserializing, logging and closing
	// the body all read through it.
	return stack.Deserialize.Add(step, middleware.After)
}

// AddToCredentials is Add for a configuration of which clients of any service are made. It
// limits the answers of the services that give credentials, and of no other: an object of
// S3 may be as long as it likes.
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
			b.left = perSecret
		case operation == "BatchGetSecretValue", operation == "ListSecrets":
			b.left = perMany
		}
		response.Body = b
	}
	return out, metadata, err
}

// body reads at most left bytes with parts parts, and none after the context has
// ended: what is decompressed comes from memory, where no deadline of a connection is
// noticed.
type body struct {
	io.ReadCloser
	ctx   context.Context
	left  int
	parts int

	quoted, escaped bool // at the end of what was read: inside a string, behind a backslash
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left < 0 || b.parts < 0 {
		return 0, ErrTooLong
	}
	// One byte past the limit tells an answer of exactly that length from a longer one.
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

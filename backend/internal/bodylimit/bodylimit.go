// Package bodylimit bounds how much of an HTTP answer the AWS SDK reads, so that
// an endless body or a compressed bomb costs bounded time and memory.
package bodylimit

import (
	"context"
	"errors"
	"io"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Max is the number of bytes of a body that are read, after decompression. The
// largest valid answer is a batch of 20 secrets of 64 KiB in which JSON spends
// six bytes on each character: 8 MiB. A buffer that doubles allocates up to four
// times what it reads, so this keeps an answer below 64 MiB.
const Max = 15 << 20

// ErrTooLong is the error of reading past Max.
var ErrTooLong = errors.New("the answer is longer than 15 MiB")

// Add makes an operation of the SDK read its answer through the limit. It is a
// function for an APIOptions list, and does nothing where the list has it twice.
func Add(stack *middleware.Stack) error {
	if _, there := stack.Deserialize.Get(step.ID()); there {
		return nil
	}
	// After all others is next to the transport: deserializing, logging and closing
	// the body all read through it.
	return stack.Deserialize.Add(step, middleware.After)
}

var step = middleware.DeserializeMiddlewareFunc("airflowsecrets:bodyLimit", limit)

func limit(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	if response, ok := out.RawResponse.(*smithyhttp.Response); ok && response.Body != nil {
		response.Body = &body{ctx: ctx, ReadCloser: response.Body, left: Max}
	}
	return out, metadata, err
}

// body reads at most left bytes, and none after the context has ended: what is
// decompressed comes from memory, where no deadline of a connection is noticed.
type body struct {
	io.ReadCloser
	ctx  context.Context
	left int
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left < 0 {
		return 0, ErrTooLong
	}
	// One byte more than is left tells an answer of exactly Max from a longer one.
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		return n - 1, ErrTooLong
	}
	return n, err
}

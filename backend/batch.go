package backend

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
)

// batch is one call for the nth names of some items. It holds a slot of all.calls.
type batch struct {
	*chunk
	items []*item
	n     int

	started chan *item                    // gets the item for which the call counts; closed if no call begins
	brought chan []store.Outcome[*secret] // gets one outcome for each item
}

func (b *batch) run(ctx context.Context) {
	defer func() { <-b.calls }()
	defer close(b.started)
	wants := make([]store.Want[key], len(b.items))
	for k, i := range b.items {
		wants[k] = store.Want[key]{Key: key{i.names[b.n], i.q.Stage}, Absence: b.n < len(i.names)-1}
	}
	b.brought <- b.b.store.Batch(ctx, wants, func(ctx context.Context, places []int) []store.Outcome[*secret] {
		asked := make([]*item, len(places))
		for k, place := range places {
			asked[k] = b.items[place]
		}
		if len(asked) < 2 || ctx.Err() != nil { // for one item, a single call does the same
			return make([]store.Outcome[*secret], len(asked))
		}
		b.started <- asked[0]
		limited, cancel := context.WithTimeout(ctx, b.b.cfg.timeout())
		defer cancel()
		return b.call(limited, asked)
	})
}

// call makes one batch call. An item whose outcome is left zero needs a single call.
func (b *batch) call(ctx context.Context, items []*item) []store.Outcome[*secret] {
	outcomes := make([]store.Outcome[*secret], len(items))
	in := &secretsmanager.BatchGetSecretValueInput{}
	for _, i := range items {
		if i.names[b.n] != "" { // an empty one would match secrets without a name
			in.SecretIdList = append(in.SecretIdList, i.names[b.n])
		}
	}
	if len(in.SecretIdList) == 0 {
		return outcomes
	}
	b.b.counts.calls.Add(1)
	out, err := b.client.BatchGetSecretValue(ctx, in, callOptions...)
	switch {
	case err != nil:
		reason, err := atEnd(ctx, reasonOf(err), causeOf(err))
		whole := secret{reason: reason, err: err}.outcome("")
		switch {
		case reason == Denied:
			b.mu.Lock()
			b.denied = true
			b.mu.Unlock()
		case whole.Keep == store.Outage: // twenty single calls would fail as well
			for k := range outcomes {
				outcomes[k] = whole
			}
		}
		return outcomes
	case out == nil:
		return outcomes
	}
	for k, i := range items {
		if s := b.found(out, i.names[b.n], i.q.reading()); s != nil {
			outcomes[k] = s.outcome(i.names[b.n])
		}
	}
	return outcomes
}

// found returns what a batch says about a name, or nil if it says nothing.
func (b *batch) found(out *secretsmanager.BatchGetSecretValueOutput, name string, how reading) *secret {
	if name == "" {
		return nil
	}
	if v := valueOf(out.SecretValues, name); v != nil {
		if v.SecretString == nil && v.SecretBinary == nil {
			return &secret{reason: ServiceError, err: errNoSecretInResponse}
		}
		s := b.b.secretOf(name, v.SecretString, v.VersionId, v.VersionStages, how)
		return &s
	}
	for _, e := range out.Errors {
		if aws.ToString(e.SecretId) == name {
			err := &smithy.GenericAPIError{Code: aws.ToString(e.ErrorCode), Message: aws.ToString(e.Message)}
			return &secret{reason: reasonOf(err), err: causeOf(err)}
		}
	}
	return nil
}

// valueOf finds the value of a name, an ARN, or an ARN without its random suffix.
func valueOf(values []types.SecretValueEntry, name string) *types.SecretValueEntry {
	for n := range values {
		arn := aws.ToString(values[n].ARN)
		if aws.ToString(values[n].Name) == name || arn == name || len(arn) == len(name)+len("-AbCdEf") && strings.HasPrefix(arn, name+"-") {
			return &values[n]
		}
	}
	return nil
}

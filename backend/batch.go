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

// call makes one batch call. An outcome that it leaves out has to be asked for alone.
func (a *all) call(ctx context.Context, items []*item, n int) []store.Outcome[*secret] {
	outcomes := make([]store.Outcome[*secret], len(items))
	in := &secretsmanager.BatchGetSecretValueInput{}
	for _, i := range items {
		if i.names[n] != "" { // it would match secrets without a name
			in.SecretIdList = append(in.SecretIdList, i.names[n])
		}
	}
	if len(in.SecretIdList) == 0 {
		return outcomes
	}
	a.b.counts.calls.Add(1)
	out, err := a.batch.BatchGetSecretValue(ctx, in, callOptions...)
	switch {
	case err != nil:
		reason, err := atEnd(ctx, reasonOf(err), causeOf(err))
		whole := secret{reason: reason, err: err}.outcome()
		switch {
		case reason == Denied:
			a.mu.Lock()
			a.denied = true
			a.mu.Unlock()
		case whole.Keep == store.Outage: // twenty single calls would not fare better
			for k := range outcomes {
				outcomes[k] = whole
			}
		}
		return outcomes
	case out == nil:
		return outcomes
	}
	for k, i := range items {
		if s := a.found(out, i.names[n], i.q.reading()); s != nil {
			outcomes[k] = s.outcome()
		}
	}
	return outcomes
}

// found is what a batch says of a name, nil if it says nothing.
func (a *all) found(out *secretsmanager.BatchGetSecretValueOutput, name string, how reading) *secret {
	if name == "" {
		return nil
	}
	if v := valueOf(out.SecretValues, name); v != nil {
		s := a.b.secretOf(name, v.SecretString, v.VersionId, v.VersionStages, how)
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

// valueOf finds the value of a name, an ARN, or an ARN without its random end.
func valueOf(values []types.SecretValueEntry, name string) *types.SecretValueEntry {
	for n := range values {
		arn := aws.ToString(values[n].ARN)
		if aws.ToString(values[n].Name) == name || arn == name || len(arn) == len(name)+len("-AbCdEf") && strings.HasPrefix(arn, name+"-") {
			return &values[n]
		}
	}
	return nil
}

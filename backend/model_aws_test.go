package backend_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/airflowsecrets/airflowsecrets/backend"
)

// modelAWS is a Secrets Manager that a schedule controls. The lock of the history protects its
// fields.
type modelAWS struct {
	h       *modelHistory
	seed    uint64
	texts   map[string][]string   // by name: the versions of the secret, the current one last
	faults  map[string]modelFault // by name: the error to return instead; "" is for every name
	hang    bool
	pace    time.Duration // the longest latency
	noBatch bool
	large   map[string]bool // names that batches leave out
	asked   map[string]uint64
}

// modelFault is a way to fail, with the effect that the rules give it.
type modelFault struct {
	err    error
	keep   modelKeep
	reason backend.Reason
}

var modelFaults = []modelFault{
	{apiError("AccessDeniedException"), keepForget, backend.Denied},
	{&types.DecryptionFailure{}, keepForget, backend.DecryptionFailed},
	{&types.InternalServiceError{}, keepOutage, backend.ServiceError},
	{apiError("ThrottlingException"), keepOutage, backend.Throttled},
	{io.ErrUnexpectedEOF, keepOutage, backend.Unreachable},
}

type modelByKey struct{}

// byOf returns the operation to which a context belongs.
func byOf(ctx context.Context) *modelLookup {
	l, _ := ctx.Value(modelByKey{}).(*modelLookup)
	return l
}

// draw returns a number that depends on the seed and on how often name was asked for, but not on
// the order of goroutines.
func (f *modelAWS) draw(name string) uint64 {
	f.asked[name]++
	x := f.seed*0x9E3779B97F4A7C15 + f.asked[name]*0xBF58476D1CE4E5B9
	for i := range len(name) {
		x = (x ^ uint64(name[i])) * 0x100000001B3
	}
	x ^= x >> 31
	x *= 0x94D049BB133111EB
	return x ^ x>>29
}

// wait simulates the latency of a call. The outcome is decided either at its beginning or at its
// end.
func (f *modelAWS) wait(ctx context.Context, name string, decide func()) error {
	x := f.draw(name)
	latency, early := 1+time.Duration(x>>1)%f.pace, x&1 == 0
	hang := f.hang
	if early {
		decide()
	}
	f.h.mu.Unlock()
	defer f.h.mu.Lock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if !early {
		f.h.mu.Lock()
		decide()
		f.h.mu.Unlock()
	}
	return nil
}

func (f *modelAWS) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	by := byOf(ctx)
	by.calls++
	c := f.h.begin(modelKey{*in.SecretId, aws.ToString(in.VersionStage)}, by)
	if ctx.Err() != nil && by.op != opAll { // the loop of a LookupAll may be left at this moment
		f.h.fail("call %d for %v is made for nobody: %v", c.id, c.key, ctx.Err())
	}
	var fault error
	err := f.wait(ctx, c.key.name, func() { fault = f.decide(c, true) })
	if err != nil {
		fault = err
		f.ended(c, err)
	}
	f.h.land(c)
	if fault != nil {
		return nil, fault
	}
	version := strconv.Itoa(c.id)
	return &secretsmanager.GetSecretValueOutput{SecretString: &c.text, VersionId: &version}, nil
}

// ended returns the outcome of a call whose context ended. By rule 9 a call outlives the lookup
// that started it, except in LookupAll. By rule 11 it has a Timeout of its own.
func (f *modelAWS) ended(c *modelCall, err error) {
	lived := f.h.now() - c.start
	c.text, c.keep, c.reason = "", keepNothing, 0
	switch {
	case lived >= f.h.timeout:
		c.keep, c.reason = keepOutage, backend.TimedOut
	case c.by.op != opAll:
		f.h.fail("rule 9: call %d ends after %v: %v", c.id, lived, err)
	}
	if lived > f.h.timeout {
		f.h.fail("rule 11: call %d lives for %v", c.id, lived)
	}
}

// decide sets the outcome of a call.
func (f *modelAWS) decide(c *modelCall, alone bool) error {
	for _, name := range []string{"", c.key.name} {
		if fault, ok := f.faults[name]; ok && (alone || name != "") {
			c.keep, c.reason = fault.keep, fault.reason
			return fault.err
		}
	}
	versions := f.texts[c.key.name]
	if c.key.stage == "AWSPREVIOUS" && len(versions) > 0 {
		versions = versions[:len(versions)-1]
	}
	if len(versions) == 0 {
		c.keep, c.reason = keepAbsent, backend.NoSecret
		return &types.ResourceNotFoundException{}
	}
	c.text, c.keep = versions[len(versions)-1], keepText
	if refuses(c.by.q, opLookup, c.text) != 0 {
		c.keep = keepRefused
	}
	return nil
}

func (f *modelAWS) BatchGetSecretValue(ctx context.Context, in *secretsmanager.BatchGetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.BatchGetSecretValueOutput, error) {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	by := byOf(ctx)
	by.calls++
	var calls []*modelCall
	for _, name := range in.SecretIdList {
		calls = append(calls, f.h.begin(modelKey{name: name}, by))
	}
	out := &secretsmanager.BatchGetSecretValueOutput{}
	var whole error
	err := f.wait(ctx, "batch", func() { whole = f.decideBatch(calls, out) })
	for _, c := range calls {
		if err != nil {
			f.ended(c, err)
		}
		f.h.land(c)
	}
	if err = cmp.Or(err, whole); err != nil {
		return nil, err
	}
	return out, nil
}

func (f *modelAWS) decideBatch(calls []*modelCall, out *secretsmanager.BatchGetSecretValueOutput) error {
	fault, ok := f.faults[""]
	if f.noBatch {
		fault, ok = modelFaults[0], true
	}
	if ok {
		for _, c := range calls {
			if c.keep = keepNothing; fault.keep == keepOutage {
				c.keep, c.reason = fault.keep, fault.reason
			}
		}
		return fault.err
	}
	for _, c := range calls {
		name, version := c.key.name, strconv.Itoa(c.id)
		if f.large[name] {
			continue
		}
		if err := f.decide(c, false); err != nil {
			var code string
			if errors.Is(err, io.ErrUnexpectedEOF) { // this error fails the batch, not one secret
				c.keep, c.reason = keepForget, backend.Denied
				code = "AccessDeniedException"
			} else {
				code = codeOf(err)
			}
			out.Errors = append(out.Errors, types.APIErrorType{SecretId: &name, ErrorCode: &code})
			continue
		}
		out.SecretValues = append(out.SecretValues, types.SecretValueEntry{Name: &name, SecretString: &c.text, VersionId: &version})
	}
	return nil
}

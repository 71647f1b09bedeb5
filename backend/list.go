package backend

import (
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Listed is a secret that exists under the prefix of a kind.
type Listed struct {
	ID   string        // what to look it up by
	Name string        // of the secret
	Skip lookup.Reason // why a lookup would not ask for it, lookup.Asked where it would
}

// List lists the secrets that exist under the prefix of a kind, those that a
// lookup would skip too. A team's own are listed for that team, with the id that
// it looks them up by, and as ids with team-- to all. An error, a *LookupError,
// ends it; so does a page that leads back to an earlier one, or the thousandth empty
// page in a row.
//
// The Client has to be a secretsmanager.ListSecretsAPIClient, as the SDK's is,
// and to be permitted secretsmanager:ListSecrets, which shows the names of all
// secrets of the account. Otherwise, and for a prefix that is an ARN, the error is
// errors.ErrUnsupported.
func (b *Backend) List(ctx context.Context, kind lookup.Kind) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		fail := func(reason Reason, err error) {
			yield(Listed{}, b.failed(&Query{Kind: kind, Team: b.team}, nil, reason, err))
		}
		if int(kind) >= len(b.rules) {
			fail(Failed, errNoKind)
			return
		}
		rule := &b.rules[kind]
		if rule.Prefix == lookup.Disabled {
			fail(Disabled, nil)
			return
		}
		client, ok := b.client.(secretsmanager.ListSecretsAPIClient)
		if !ok || strings.HasPrefix(rule.path, "arn:") {
			fail(Failed, errors.ErrUnsupported)
			return
		}
		seed, seen := maphash.MakeSeed(), map[uint64]bool{} // the tokens of the pages so far
		empty := 0                                          // pages in a row
		for token := (*string)(nil); ; {
			page, reason, err := b.listPage(ctx, client, rule.path, token)
			if reason != 0 { // err may be nil even so
				fail(reason, err)
				return
			}
			for _, s := range page.SecretList {
				id, under := strings.CutPrefix(aws.ToString(s.Name), rule.path)
				if !under {
					continue // a client that knows no filters
				}
				if b.team != "" && kind != lookup.Config && rule.path != "" {
					id = strings.TrimPrefix(id, b.team+"--")
				}
				plan, err := b.plan(&Query{Kind: kind, ID: id, Team: b.team})
				if err != nil {
					fail(BadPattern, err)
					return
				}
				if !yield(Listed{ID: id, Name: aws.ToString(s.Name), Skip: plan.Skip}, nil) {
					return
				}
			}
			if empty++; len(page.SecretList) > 0 {
				empty = 0
			}
			token = page.NextToken
			if aws.ToString(token) == "" {
				return
			}
			sum := maphash.String(seed, *token)
			if seen[sum] || empty == 1000 {
				fail(ServiceError, plainError("the list does not end: a page leads back to an earlier one, or too many are empty"))
				return
			}
			seen[sum] = true
		}
	}
}

// listPage asks for the page of a token, nil for the first. The reason is 0 if there is
// a page; otherwise err is the cause, if anything is known of it.
func (b *Backend) listPage(ctx context.Context, client secretsmanager.ListSecretsAPIClient, path string, token *string) (*secretsmanager.ListSecretsOutput, Reason, error) {
	limited, cancel := context.WithTimeout(ctx, b.cfg.timeout())
	defer cancel()
	in := &secretsmanager.ListSecretsInput{MaxResults: aws.Int32(100), NextToken: token}
	if path != "" {
		in.Filters = []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{path}}}
	}
	b.counts.calls.Add(1)
	page, err := client.ListSecrets(limited, in, callOptions...)
	if err != nil {
		reason, err := atEnd(limited, reasonOf(err), causeOf(err))
		return nil, reason, err
	}
	if page == nil {
		return nil, ServiceError, plainError("the answer holds no list")
	}
	return page, 0, nil
}

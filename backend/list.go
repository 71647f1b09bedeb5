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

// ListedSecret is a secret that exists under the prefix of a kind.
type ListedSecret struct {
	ID   string        // the id that a lookup uses
	Name string        // the name of the secret
	Skip lookup.Reason // why a lookup does not ask for the secret; lookup.Asked if it does
}

// List lists the secrets that exist under the prefix of a kind, including those that a
// lookup skips. In the view of a team, a secret of that team has the id by which the team
// looks it up. In every other view its id begins with team--. The list ends with the first error,
// a *LookupError. List also fails when the pages do not end: when a page leads back to an earlier
// one, or after 1,000 empty pages in a row.
//
// The Client must implement secretsmanager.ListSecretsAPIClient, as the SDK's does, and the
// prefix must not be an ARN. Otherwise the error is errors.ErrUnsupported. List needs the
// permission secretsmanager:ListSecrets, which shows the names of all secrets of the account.
func (b *Backend) List(ctx context.Context, kind lookup.Kind) iter.Seq2[ListedSecret, error] {
	return func(yield func(ListedSecret, error) bool) {
		if reason, err := b.list(ctx, kind, func(l ListedSecret) bool { return yield(l, nil) }); reason != 0 {
			yield(ListedSecret{}, b.failed(&Query{Kind: kind, Team: b.team}, nil, reason, err))
		}
	}
}

// list yields the secrets under the prefix of a kind until yield returns false. It returns
// reason 0, or the reason why the list failed together with the cause, which may be nil.
func (b *Backend) list(ctx context.Context, kind lookup.Kind, yield func(ListedSecret) bool) (Reason, error) {
	if int(kind) >= len(b.rules) {
		return Failed, errNoKind
	}
	rule := &b.rules[kind]
	if rule.Prefix == lookup.Disabled {
		return Disabled, nil
	}
	client, ok := b.client.(secretsmanager.ListSecretsAPIClient)
	if !ok || strings.HasPrefix(rule.path, "arn:") {
		return Failed, errors.ErrUnsupported
	}
	progress := progress{seed: maphash.MakeSeed(), seen: map[uint64]bool{}}
	for token := (*string)(nil); ; {
		page, reason, err := b.listPage(ctx, client, rule.path, token)
		if reason != 0 { // err may be nil even so
			return reason, err
		}
		for _, s := range page.SecretList {
			listed, under, err := b.listed(kind, aws.ToString(s.Name))
			if err != nil {
				return BadPattern, err
			}
			if under && !yield(listed) {
				return 0, nil
			}
		}
		token = page.NextToken
		if aws.ToString(token) == "" {
			return 0, nil
		}
		if !progress.made(*token, len(page.SecretList)) {
			return ServiceError, plainError("the list does not end: a page leads back to an earlier one, or too many pages are empty")
		}
	}
}

// listed makes the entry of a secret. under is false if the secret is not under the prefix,
// which happens with a client that ignores filters.
func (b *Backend) listed(kind lookup.Kind, name string) (l ListedSecret, under bool, err error) {
	path := b.rules[kind].path
	id, under := strings.CutPrefix(name, path)
	if !under {
		return ListedSecret{}, false, nil
	}
	if b.team != "" && kind != lookup.KindConfig && path != "" {
		id = strings.TrimPrefix(id, b.team+"--")
	}
	plan, err := b.plan(&Query{Kind: kind, ID: id, Team: b.team})
	return ListedSecret{ID: id, Name: name, Skip: plan.Skip}, true, err
}

// progress detects a list that does not end.
type progress struct {
	seed  maphash.Seed
	seen  map[uint64]bool // the hashes of the tokens so far
	empty int             // the number of pages in a row without a secret
}

// made reports whether the token of the next page is new. secrets is the number of secrets on
// this page.
func (p *progress) made(next string, secrets int) bool {
	if p.empty++; secrets > 0 {
		p.empty = 0
	}
	sum := maphash.String(p.seed, next)
	if p.seen[sum] || p.empty == 1000 {
		return false
	}
	p.seen[sum] = true
	return true
}

// listPage asks for the page of a token, nil for the first. It returns a page and reason 0, or
// the reason why it failed together with the cause, which may be nil.
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
		return nil, ServiceError, plainError("the response contains no list")
	}
	return page, 0, nil
}

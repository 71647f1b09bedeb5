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
	ID   string        // to look it up by
	Name string        // of the secret
	Skip lookup.Reason // why a lookup would not ask for it; lookup.Asked if it would
}

// List lists the secrets that exist under the prefix of a kind, including those that a
// lookup would skip. A team's own secrets are listed for that team under the id that it
// looks them up by, and for everybody else as ids that begin with team--. An error, a
// *LookupError, ends the list; so does a page that leads back to an earlier one, or the
// thousandth empty page in a row.
//
// The Client has to be a secretsmanager.ListSecretsAPIClient, as the SDK's is, and needs
// the permission secretsmanager:ListSecrets, which shows the names of all secrets of the
// account. Otherwise, and for a prefix that is an ARN, the error is
// errors.ErrUnsupported.
func (b *Backend) List(ctx context.Context, kind lookup.Kind) iter.Seq2[ListedSecret, error] {
	return func(yield func(ListedSecret, error) bool) {
		if reason, err := b.list(ctx, kind, func(l ListedSecret) bool { return yield(l, nil) }); reason != 0 {
			yield(ListedSecret{}, b.failed(&Query{Kind: kind, Team: b.team}, nil, reason, err))
		}
	}
}

// list yields the secrets under the prefix of a kind until yield returns false. The
// reason is 0 unless the list fails; then err is the cause, if there is more to say.
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
			return ServiceError, plainError("the list does not end: a page leads back to an earlier one, or too many are empty")
		}
	}
}

// listed is the entry of a secret. under is false if the secret is not under the prefix,
// which a client that ignores filters may list.
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

// progress notices a list that does not end.
type progress struct {
	seed  maphash.Seed
	seen  map[uint64]bool // :: hash of a page's token → that page was read
	empty int             // pages in a row without a secret
}

// made reports whether a page of so many secrets leads on to a new one.
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

package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// inventory is the secrets under the prefix of one kind.
type inventory struct {
	listed []backend.ListedSecret
	cut    bool // there are more
}

func (i *inventory) has(id string) bool {
	return slices.ContainsFunc(i.listed, func(l backend.ListedSecret) bool { return l.ID == id })
}

// mostListed bounds the cost of a list at twenty calls for a kind.
const mostListed = 2000

// list lists the secrets of each kind, as far as that is allowed, and checks that there are some
// under each prefix.
func (d *doctor) list(ctx context.Context) {
	d.listed = map[lookup.Kind]*inventory{}
	why := "every kind is disabled"
	for _, k := range kinds {
		rule, err := d.rule(k.kind)
		if err != nil {
			why = "a lookup pattern does not compile" // List needs it
			continue
		}
		if rule.Prefix == lookup.Disabled {
			continue
		}
		found := &inventory{}
		if failed := d.listKind(ctx, k.kind, found, mostListed); failed != nil {
			why = "they cannot be listed: " + failed.Reason.String()
			if errors.Is(failed, errors.ErrUnsupported) {
				why = "a prefix that is an ARN cannot be listed"
				continue
			}
			break
		}
		d.listed[k.kind] = found
	}
	if len(d.listed) == 0 {
		d.skip(prefixes, why)
		return
	}
	d.checkPrefixes(ctx)
}

// listKind lists up to most secrets of a kind, or all of them if most is negative.
func (d *doctor) listKind(
	ctx context.Context, kind lookup.Kind, into *inventory, most int,
) *backend.LookupError {
	for l, err := range d.backend.List(ctx, kind) {
		if err != nil {
			failed, _ := errors.AsType[*backend.LookupError](err)
			return failed
		}
		if len(into.listed) == most {
			into.cut = true
			break
		}
		into.listed = append(into.listed, l)
	}
	return nil
}

// checkPrefixes looks for prefixes with nothing under them. Variables and options are often kept
// elsewhere, so their prefixes matter only if they are configured or an ID needs them.
func (d *doctor) checkPrefixes(ctx context.Context) {
	var found []Finding
	var full []string
	for _, k := range kinds {
		there := d.listed[k.kind]
		if there == nil {
			continue
		}
		if len(there.listed) > 0 {
			more := ""
			if there.cut {
				more = " and more"
			}
			full = append(full, strconv.Itoa(len(there.listed))+more+" under "+k.kwarg+"_prefix")
			continue
		}
		rule, _ := d.rule(k.kind)
		wanted := slices.ContainsFunc(d.ids, func(i id) bool { return i.kind == k.kind })
		seen := k.kwarg + "_prefix: nothing is under " + strconv.Quote(rule.Path())
		do := "check the prefix, sep, region and account" + d.seeds(k.kind)
		if at := d.elsewhere(ctx, k.kind); at != "" {
			do = "set " + k.kwarg + "_prefix to " + strconv.Quote(at) + ", where a secret of that id exists"
		}
		switch {
		case wanted:
			found = append(found, Finding{Failed, seen, do})
		case k.kind == lookup.KindConnection, rule.Prefix != "":
			found = append(found, Finding{Warning, seen, do})
		}
	}
	fine := "no secrets exist, and no prefix is configured or needed"
	if len(full) > 0 {
		fine = strings.Join(full, ", ")
	}
	d.setAll(prefixes, found, fine)
}

// seeds says what may be wrong with the seed of a localsecrets on this machine: it takes
// {id: uri} for secrets by their names, unless -as says something else.
func (d *doctor) seeds(kind lookup.Kind) string {
	if kind == lookup.KindConfig || d.caller.Route != loopback {
		return ""
	}
	return "; localsecrets takes the keys of {id: text} for secret names unless it is started with -as " +
		kind.String() + "s"
}

// elsewhere looks for a secret whose name ends in sep and one of the ids given. It returns what
// comes before them, a prefix that would find the secret.
func (d *doctor) elsewhere(ctx context.Context, kind lookup.Kind) string {
	rule, _ := d.rule(kind)
	if rule.Sep == lookup.NoSep {
		return "" // nothing separates the prefix from the id
	}
	sep := cmp.Or(string(rule.Sep), "/")
	for _, i := range d.ids {
		if i.kind != kind || i.text == "" {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, d.step())
		out, err := d.tap.ListSecrets(limited, &secretsmanager.ListSecretsInput{
			MaxResults: aws.Int32(100),
			Filters:    []types.Filter{{Key: types.FilterNameStringTypeAll, Values: []string{i.text}}},
		})
		cancel()
		if err != nil {
			return ""
		}
		for _, s := range out.SecretList {
			if before, ends := strings.CutSuffix(aws.ToString(s.Name), sep+i.text); ends && !d.taken(before+sep) {
				return term.Printable(before)
			}
		}
	}
	return ""
}

// taken reports whether a kind already uses a path.
func (d *doctor) taken(at string) bool {
	for _, k := range kinds {
		if rule, _ := d.rule(k.kind); rule.Path() == at {
			return true
		}
	}
	return false
}

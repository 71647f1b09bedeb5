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

// inventory is what exists under the prefix of one kind.
type inventory struct {
	listed []backend.ListedSecret
	cut    bool // there is more
}

func (i *inventory) has(id string) bool {
	return slices.ContainsFunc(i.listed, func(l backend.ListedSecret) bool { return l.ID == id })
}

// mostListed bounds what a list costs: twenty calls for a kind.
const mostListed = 2000

// list fills d.listed with the kinds that may be listed, and checks that there is
// something under their prefixes.
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

// listKind lists so many secrets of a kind, all of them where most is negative.
func (d *doctor) listKind(ctx context.Context, kind lookup.Kind, into *inventory, most int) *backend.LookupError {
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

// checkPrefixes looks for prefixes with nothing under them. Variables and options
// are often kept elsewhere: their prefixes matter where somebody chose or uses
// them.
func (d *doctor) checkPrefixes(ctx context.Context) {
	var found []finding
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
		do := "look at the prefix, sep, region and account" + d.seeds(k.kind)
		if at := d.elsewhere(ctx, k.kind); at != "" {
			do = "set " + k.kwarg + "_prefix to " + strconv.Quote(at) + ": there is a secret of that id under it"
		}
		switch {
		case wanted:
			found = append(found, finding{Failed, seen, do})
		case k.kind == lookup.KindConnection, rule.Prefix != "":
			found = append(found, finding{Warning, seen, do})
		}
	}
	fine := "nothing is kept, and nobody chose or uses a prefix"
	if len(full) > 0 {
		fine = strings.Join(full, ", ")
	}
	d.setAll(prefixes, found, fine)
}

// seeds is what may be wrong with an endpoint on this machine, such as that of
// examples/localsecrets: {id: uri} is a seed of secrets by their names there, unless -as says
// otherwise.
func (d *doctor) seeds(kind lookup.Kind) string {
	if kind == lookup.KindConfig || d.caller.Route != loopback {
		return ""
	}
	return "; localsecrets takes the keys of {id: text} for secret names unless it gets -as " + kind.String() + "s"
}

// elsewhere looks for a secret that ends in sep and one of the ids given, and gives
// what stands before them: a prefix that would find it.
func (d *doctor) elsewhere(ctx context.Context, kind lookup.Kind) string {
	rule, _ := d.rule(kind)
	if rule.Sep == lookup.NoSep {
		return "" // nothing tells the prefix from the id
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

// taken reports whether a kind has this path: its secrets are of no other kind.
func (d *doctor) taken(at string) bool {
	for _, k := range kinds {
		if rule, _ := d.rule(k.kind); rule.Path() == at {
			return true
		}
	}
	return false
}

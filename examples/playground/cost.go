package main

import (
	"errors"
	"math"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

// A cost is what the calls of a rule cost in a month.
type cost struct {
	Name    string  `json:"name"`
	Asked   int     `json:"asked"` // ids
	Calls   int64   `json:"calls"` // GetSecretValue, at most
	Dollars float64 `json:"dollars"`
	Unknown bool    `json:"unknown"` // not all ids were tried
	Fails   bool    `json:"fails"`   // the pattern does not compile, so that no call is made
}

func price(name string, t trial, lookups float64) cost {
	const million = 1_000_000 // the calls may exceed an int of 32 bits, which tune.Price takes
	calls := math.Round(float64(t.calls) * lookups)
	dollars := calls / million * float64(tune.Price(million))
	return cost{
		Name: name, Asked: t.reached, Calls: int64(calls), Dollars: dollars,
		Unknown: t.stopped() != "", Fails: t.badPattern,
	}
}

const mostLookups = 1e9

// perMonth returns how often each id is looked up in a month of 30 days.
func perMonth(lookups float64, per string) (float64, error) {
	times, ok := map[string]float64{"month": 1, "day": 30, "hour": 30 * 24}[per]
	if !ok {
		return 0, errors.New("per must be month, day or hour")
	}
	if lookups < 0 || lookups > mostLookups {
		return 0, errors.New("lookups must be a number from 0 to a billion")
	}
	return lookups * times, nil
}

package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUsage(t *testing.T) {
	for args, row := range map[string]struct {
		code int
		want string
	}{
		"":                                   {2, "which files"},
		"-what":                              {2, "-what is not a flag; migrate -h shows the usage"},
		"-kwargs nofile x":                   {2, "migrate: -kwargs: it is neither a JSON object nor a file"},
		"-kwargs @nofile x":                  {2, "migrate: -kwargs: open nofile: no such file"},
		"-kwargs [1] x":                      {2, "migrate: -kwargs: "},
		"-kwargs - -":                        {2, "-kwargs and FILE: only one of them can be standard input"},
		"-kind secrets x":                    {2, "-kind: want connections or variables"},
		"-as yaml x":                         {2, "-as: want json or uri"},
		"-apply -offline x":                  {2, "-apply cannot be -offline"},
		"-update -offline x":                 {2, "-update cannot be -offline"},
		"-demo -endpoint http://h x":         {2, "-demo brings its own endpoint"},
		"-endpoint hunter2 x":                {2, "-endpoint: want a URL, such as http://127.0.0.1:4566"},
		"-endpoint localhost:4566 x":         {2, "-endpoint: want a URL"},
		"-endpoint ftp://hunter2 x":          {2, "-endpoint: want a URL"},
		"-endpoint http:///hunter2 x":        {2, "-endpoint: want a URL"},
		"-endpoint http://u:hunter2@h x":     {2, "-endpoint: want a URL"},
		"-format json x":                     {2, "-format has an effect only with -out"},
		"-format toml -out x":                {2, "-format: want json, yaml or env"},
		"-out x.json":                        {2, "say what to write with -kind"},
		"-out x.json -kind variables y":      {2, "-out writes what the secrets hold and reads no files"},
		"-out x.json -kind variables -apply": {2, "-out changes no secret"},
		"-out x.json -kind variables -json":  {2, "do not go with -out"},
		"-out x.toml -kind variables":        {2, "ends in none of .json, .yaml and .env"},
	} {
		var out bytes.Buffer
		assert.Equal(t, row.code, run(t.Context(), strings.Fields(args), nil, nil, &out, &out), args)
		assert.Contains(t, unwrapped(out.String()), row.want)
		assert.NotContains(t, out.String(), "hunter2")
	}
}

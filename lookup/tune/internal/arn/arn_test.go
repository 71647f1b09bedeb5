package arn_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/lookup/tune/internal/arn"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]arn.Secret{
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:a/b-AbCdEf": {
			Partition: "aws", Region: "eu-west-1", Account: "123456789012", Name: "a/b-AbCdEf"},
		"arn:aws-cn:secretsmanager:cn-north-1:1:secret:a:b": {
			Partition: "aws-cn", Region: "cn-north-1", Account: "1", Name: "a:b"},
		"arn:aws:secretsmanager:r:1:secret:": {Partition: "aws", Region: "r", Account: "1"},
		"arn:aws:kms:eu-west-1:1:key/x":      {}, "arn:aws:secretsmanager:r:1:x:y": {}, "arn:": {}, "a/b": {}, "": {},
		"xarn:aws:secretsmanager:r:1:secret:y": {},
	} {
		got, ok := arn.Parse(text)
		assert.Equal(t, want, got, text)
		assert.Equal(t, want.Partition != "", ok, text)
	}
}

func TestCutSuffix(t *testing.T) {
	for name, want := range map[string]string{
		"pg-AbCd12": "pg", "my-secret": "my", "a-b-AbCdEf": "a-b", "pg-AbC_12": "pg-AbC_12", "pg_AbCd12": "pg_AbCd12",
		"-AbCd12": "-AbCd12", "pg-AbCd1": "pg-AbCd1", "pg-äbcd1": "pg-äbcd1", "": "",
	} {
		short, ok := arn.CutSuffix(name)
		assert.Equal(t, want, short, name)
		assert.Equal(t, want != name, ok, name)
	}
	for s, want := range map[string]bool{"-": true, "-Ab": true, "-AbCdEf": true, "-AbCdEfg": false, "": false, "Ab": false} {
		assert.Equal(t, want, arn.IsSuffix(s), s)
	}
}
